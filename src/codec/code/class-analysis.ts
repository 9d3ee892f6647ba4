import type {
  Class,
  Expression,
  Function as FunctionNode,
  MethodDefinition,
  PropertyDefinition,
  StaticBlock,
} from "acorn";
import type { Scope } from "eslint-scope";
import { blank, type Edit } from "./edits.ts";
import { freeNames, lengthOf, type Range } from "./free-names.ts";
import { IMPORT_META, usesImportMeta } from "./lexical.ts";

/** The name under which a rebuilt class finds its parent. */
export const PARENT_NAME = "$plasmidParent";

/** A computed key of a class that depends on what the class closes over: it is replaced by its value. */
interface KeyHole {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

/** What parsing finds out about a class; most of it makes sense for functions, too. */
export interface ClassFindings {
  /** Whether the class has a parent other than null. */
  readonly extendsParent: boolean;
  readonly extendsNull: boolean;
  /** Names that come from outside, each once. */
  readonly free: readonly string[];
  /** Why it can't be built again anywhere else, with the remedy; null if it can. */
  readonly problem: string | null;
  /** Whether its instances have #private fields, which nobody outside can read. */
  readonly hidesState: boolean;
  /** The `name` that it has without anybody's help, and `length`. */
  readonly name: string | null;
  readonly length: number;
  /** Texts of its methods and accessors. */
  readonly methods: readonly string[];
  readonly edits: readonly Edit[];
  readonly holes: readonly KeyHole[];
}

/** Looks through a class whose text starts `offset` characters into what was parsed. */
export function analyseClass(text: string, node: Class, scope: Scope, offset: number): ClassFindings {
  const reader = new ClassReader(text, offset);
  const parent = node.superClass ?? null;
  const extendsNull = parent?.type === "Literal" && parent.value === null;
  const extendsParent = parent !== null && !extendsNull;
  if (usesImportMeta(node)) reader.problem = IMPORT_META;
  // The parent travels as a value; the expression that gave it may close over anything.
  if (extendsParent) reader.cut(parent, PARENT_NAME);
  for (const member of node.body.body) reader.read(member);
  const { problem, hidesState, methods, edits, holes, builder } = reader;
  const length = builder === null ? 0 : lengthOf(builder);
  const free = freeNames(scope, reader.skipped);
  const name = node.id?.name ?? "";
  return { extendsParent, extendsNull, free, problem, hidesState, name, length, methods, edits, holes };
}

class ClassReader {
  problem: string | null = null;
  hidesState = false;
  /** The constructor. */
  builder: FunctionNode | null = null;
  readonly edits: Edit[] = [];
  readonly skipped: Range[] = [];
  readonly holes: KeyHole[] = [];
  readonly methods: string[] = [];

  constructor(
    private readonly text: string,
    private readonly offset: number,
  ) {}

  /** Takes a piece out of the text, and what it closes over out of account. */
  cut(range: Range, replacement: string): void {
    this.edits.push({ start: range.start - this.offset, end: range.end - this.offset, text: replacement });
    this.skipped.push(range);
  }

  read(member: MethodDefinition | PropertyDefinition | StaticBlock): void {
    const piece = this.text.slice(member.start - this.offset, member.end - this.offset);
    const isPrivate = member.type === "PropertyDefinition" && member.key.type === "PrivateIdentifier";
    if (member.type === "StaticBlock" || (member.type === "PropertyDefinition" && member.static)) {
      // What static fields and blocks made is sent as it is now; running them again could give something else.
      if (isPrivate) this.problem ??= STATIC_PRIVATE;
      this.cut(member, blank(piece));
      return;
    }
    if (isPrivate) this.hidesState = true;
    if (member.type === "MethodDefinition") this.readMethod(member, piece);
    if (member.computed) this.readKey(member.key as Expression);
  }

  private readMethod(member: MethodDefinition, piece: string): void {
    if (member.kind === "constructor") this.builder = member.value;
    // As the method itself gives its text.
    else this.methods.push(member.static ? piece.replace(/^static\b\s*/, "") : piece);
  }

  private readKey(key: Expression): void {
    if (key.type === "Identifier") {
      this.holes.push({ start: key.start - this.offset, end: key.end - this.offset, name: key.name });
    } else if (!isWellKnown(key)) {
      this.problem ??= "the name of one of its members is computed by more than a variable; put it into a variable";
    }
  }
}

const STATIC_PRIVATE = "what its static #private fields hold can't be read; make them static properties, or variables";

/** `Symbol.iterator`, `Symbol.for("name")`, a literal: what can be computed anywhere. */
function isWellKnown(key: Expression): boolean {
  if (key.type === "Literal") return true;
  const member = key.type === "CallExpression" ? key.callee : key;
  if (member.type !== "MemberExpression" || member.object.type !== "Identifier" || member.object.name !== "Symbol") {
    return false;
  }
  return key.type !== "CallExpression" || key.arguments.every(argument => argument.type === "Literal");
}

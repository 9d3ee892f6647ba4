interface Tool {
  name: string;
  found: string | null;
  packages: { apt: string; dnf: string; apk: string };
}

function tools(): Tool[] {
  const compiler = process.env.CC?.split(" ")[0];
  return [
    { name: "cmake", found: Bun.which("cmake"), packages: { apt: "cmake", dnf: "cmake", apk: "cmake" } },
    { name: "make", found: Bun.which("make"), packages: { apt: "make", dnf: "make", apk: "make" } },
    {
      name: compiler ?? "a C compiler (cc, gcc or clang)",
      found: compiler ? Bun.which(compiler) : (Bun.which("cc") ?? Bun.which("gcc") ?? Bun.which("clang")),
      packages: { apt: "gcc libc6-dev", dnf: "gcc glibc-devel", apk: "gcc musl-dev" },
    },
  ];
}

/** What the core cannot be built without and this machine lacks, told to a person; undefined if nothing. */
export function missingTools(): string | undefined {
  const missing = tools().filter(tool => tool.found === null);
  if (missing.length === 0) return undefined;
  const install = (manager: "apt" | "dnf" | "apk") => missing.map(tool => tool.packages[manager]).join(" ");
  return [
    `Missing: ${missing.map(tool => tool.name).join(", ")}. The core is C and is built here; install it with`,
    `  Debian, Ubuntu   apt-get install ${install("apt")}`,
    `  Fedora           dnf install ${install("dnf")}`,
    `  Alpine           apk add ${install("apk")}`,
    "and run this again.",
  ].join("\n");
}

/** What the demo found and measured, as main.ts collects it for report.ts. */
import type { Interval } from "./bootstrap.ts";
import type { About } from "./flights.ts";
import type { HandOver } from "./hand-over.ts";
import type { Memory } from "./memory.ts";
import type { Answers, Question } from "./questions.ts";

export interface Story {
  about: About;
  answers: Answers;
  columnBytes: number;
  largeBytes: number;
  interval: Interval;
  times: Times;
  members: Member[];
  handOvers: [name: string, handOver: HandOver][];
  checks: [what: string, holds: boolean][];
}

/** All in milliseconds. */
export interface Times {
  read: number;
  put: number;
  wake: number;
  ticks: number[];
  open: number[];
  get: number[];
  getAgain: number[];
  answers: [question: Question, ms: number][];
  build: number;
  seal: number;
  /** From the start of the seal. */
  largeWake: number;
  largeRead: number;
}

/** A process that held the flights when the memory was measured. */
export interface Member {
  name: string;
  pid: number;
  memory: Memory;
  /** What its own copies of what it reads would take. */
  copyBytes: number;
}

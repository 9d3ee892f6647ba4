/** What handing the columns to a process that waits for them took, and what it left there. */
export interface HandOver {
  /** How long the giver was busy. */
  sendMs: number;
  /** From the giver's start until the receiver had the columns. */
  arriveMs: number;
  /** What one more receiver costs. */
  anotherMs: number;
  /** The memory that the receiver had to take for itself. */
  ownBytes: number;
  /** The sum of the delays that the receiver found. */
  delayMinutes: number;
}

/** A class that a message may have imported. */
export class Imported {}

/** Between these the collector's log is of what is measured. */
export const FROM_HERE = "measured from here\n";
export const TO_HERE = "measured to here\n";

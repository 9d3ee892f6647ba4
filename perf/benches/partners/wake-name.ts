/** The name under which the i-th thing is put. */
export function wakeName(how: string, i: number): string {
  return `${how}/${i}`;
}

import type { DashboardData } from "../data.ts";

/** A page of the dashboard: `#id`, or `#id/part` where it has parts, and parts of these. */
export interface View {
  id: string;
  title: string;
  draw(place: HTMLElement, data: DashboardData, parts: readonly string[]): void;
}

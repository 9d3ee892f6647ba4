import type { DashboardData } from "../data.ts";

/** A page of the dashboard: `#id`, or `#id/part` where it has parts. */
export interface View {
  id: string;
  title: string;
  draw(place: HTMLElement, data: DashboardData, part: string | undefined): void;
}

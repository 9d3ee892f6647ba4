/** A Worker that receives bytes in a SharedArrayBuffer. */
import { type Arrival, type Notice, sumOfPages } from "../../peers/ways.ts";
import { nowNs } from "../../run/limits.ts";

declare const self: Worker;
self.onmessage = ({ data }: MessageEvent<Required<Notice>>) => {
  const sum = sumOfPages(data.bytes.subarray(0, data.length));
  self.postMessage({ ns: nowNs() - data.startNs, sum } satisfies Arrival);
};

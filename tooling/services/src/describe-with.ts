import { describeUnless } from "@antiphon/vitest/skip";
import { describe, test } from "vitest";
import { findService, missingServiceText, requireService, type ServiceName } from "./find-service.ts";

/**
 * A suite that needs a service. Where the service is missing the suite is skipped, and the end of the run says why; where
 * `ANTIPHON_REQUIRE_SERVICES=1` (as in CI) it fails instead, but for lavaplayer: its registry is not always within reach.
 */
export function describeWith(service: ServiceName, title: string, define: () => void): void {
  if (findService(service) !== undefined) {
    describe(title, define);
  } else if (process.env.ANTIPHON_REQUIRE_SERVICES === "1" && service !== "lavaplayer") {
    describe(title, () => {
      test(`${service} is on this machine`, () => void requireService(service));
    });
  } else {
    describeUnless(missingServiceText(service), title, define);
  }
}

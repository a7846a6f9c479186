import type { LookupAddress, LookupAllOptions } from "node:dns";
import { expect, test } from "vitest";
import { createGuardedLookup, type ResolveAddresses } from "./guarded-lookup.ts";
import { isPublicAddress } from "./public-address.ts";

const PUBLIC_4 = { address: "8.8.8.8", family: 4 };
const PUBLIC_6 = { address: "2606:4700:4700::1111", family: 6 };
const INSIDE = { address: "127.0.0.1", family: 4 };

function lookupOf(outcome: readonly LookupAddress[] | Error) {
  const asked: { readonly host: string; readonly options: LookupAllOptions }[] = [];
  const resolve: ResolveAddresses = (host, options, callback) => {
    asked.push({ host, options });
    if (outcome instanceof Error) callback(outcome, []);
    else callback(null, [...outcome]);
  };
  const refuse = (host: string) => new Error(`${host} is refused`);
  return { asked, lookup: createGuardedLookup({ resolve, isAllowed: isPublicAddress, refuse }) };
}

test("hands out the allowed ones of a name's addresses, in their order", () => {
  const { asked, lookup } = lookupOf([INSIDE, PUBLIC_6, PUBLIC_4]);
  const answers: unknown[] = [];
  lookup("example.com", { all: true, hints: 32 }, (...answer) => answers.push(answer));
  expect(answers).toEqual([[null, [PUBLIC_6, PUBLIC_4]]]);
  expect(asked).toEqual([{ host: "example.com", options: { all: true, hints: 32 } }]);
});

test("hands out the first allowed one where one is asked for, though it looked at all", () => {
  const { asked, lookup } = lookupOf([INSIDE, PUBLIC_4, PUBLIC_6]);
  const answers: unknown[] = [];
  lookup("example.com", { family: 0 }, (...answer) => answers.push(answer));
  expect(answers).toEqual([[null, PUBLIC_4.address, 4]]);
  expect(asked[0]?.options).toEqual({ family: 0, all: true });
});

test("refuses a name that leads to no allowed address", () => {
  for (const addresses of [[INSIDE], []]) {
    const answers: unknown[] = [];
    lookupOf(addresses).lookup("inside.example", { all: true }, (error) => answers.push(error));
    expect(answers).toEqual([new Error("inside.example is refused")]);
  }
});

test("gives on why a name could not be resolved", () => {
  const failure = Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
  const answers: unknown[] = [];
  lookupOf(failure).lookup("nowhere.example", {}, (error) => answers.push(error));
  expect(answers).toEqual([failure]);
});

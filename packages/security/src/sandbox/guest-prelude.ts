/**
 * What runs inside the guest before its code: a function of the two ways out. The guest may change whatever it likes afterwards; that
 * harms nobody but itself, because the host takes nothing from it but text whose length it knows.
 */
export const GUEST_PRELUDE = `(function (callHost, log, grantNames) {
  "use strict";
  const { parse, stringify } = JSON;
  const call = async (name, argument) => {
    const json = stringify(argument);
    const answer = parse(await callHost(name, json === undefined ? "null" : json));
    return answer;
  };
  const textOf = (value) => {
    if (typeof value === "string") return value;
    try {
      const json = stringify(value);
      return json === undefined ? String(value) : json;
    } catch {
      return String(value);
    }
  };
  const console = {};
  for (const level of ["debug", "info", "log", "warn", "error"]) {
    console[level] = (...values) => log(level === "log" ? "info" : level, values.map(textOf).join(" "));
  }
  globalThis.console = Object.freeze(console);
  const host = {};
  for (const name of parse(grantNames)) {
    if (name !== "fetch") host[name] = (argument) => call(name, argument);
    else
      globalThis.fetch = async (url, options = {}) => {
        const { method, headers, body } = options;
        const { text, ...response } = await call("fetch", { url: String(url), method, headers, body });
        return { ...response, text: async () => text, json: async () => parse(text) };
      };
  }
  globalThis.host = Object.freeze(host);
  return {
    invoke: (namespace, name, json) => {
      const exported = namespace[name];
      if (typeof exported !== "function") throw new TypeError('The code exports no function "' + name + '".');
      return exported(...parse(json));
    },
    stringify: (value) => (value === undefined ? "null" : stringify(value)),
  };
})`;

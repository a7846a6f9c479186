import { createHash } from "node:crypto";
import type { Node } from "oxc-parser";
import type { Span } from "../syntax/source-text.ts";
import { defineRule } from "../rule.ts";
import { propertyName } from "../syntax/node.ts";
import { entropyBitsPerCharacter } from "./entropy.ts";
import { secretFormats, secretHint } from "./secret-formats.ts";

const SHORTEST = 16;
const LONGEST = 512;
const secretName = /(?:secret|token|passw(?:or)?d|passphrase|api_?key|private_?key|access_?key|credential)s?$/i;
const placeholder =
  /example|placeholder|dummy|fake|sample|change[-_]?me|your[-_ ]|redacted|x{5}|\.{3}|(.)\1{6}|123456|abcdef|test/i;

/** Random text has nearly all the entropy that its length allows; a sentence, a path or an identifier has much less. */
function looksRandom(text: string): boolean {
  if (text.length < SHORTEST || text.length > LONGEST || !/^[\w+/=.~:-]+$/.test(text) || placeholder.test(text))
    return false;
  if (/^[a-z]+(?:[-_.:/][a-z]+)*$/i.test(text)) return false;
  const bits = entropyBitsPerCharacter(text);
  return /^[0-9a-f]+$/i.test(text)
    ? bits >= 3 && text.length >= 32
    : bits >= 3.5 && /\d/.test(text) && /[a-z]/i.test(text);
}

/** The name that a text is given where it stands. */
function nameAround(parent: Node | undefined): string | undefined {
  switch (parent?.type) {
    case "VariableDeclarator":
      return parent.id.type === "Identifier" ? parent.id.name : undefined;
    case "Property":
    case "PropertyDefinition":
      return propertyName(parent.key, parent.computed);
    case "AssignmentExpression":
      return parent.left.type === "MemberExpression"
        ? propertyName(parent.left.property, parent.left.computed)
        : parent.left.type === "Identifier"
          ? parent.left.name
          : undefined;
    default:
      return undefined;
  }
}

// A baseline must know a secret again without holding it or a part of it.
const identityOf = (text: string) => createHash("sha256").update(text).digest("hex");

/** Finds credentials in strings and comments: by their form, or by a telling name with a value that looks random. */
export const hardcodedSecretRule = defineRule({
  id: "security/hardcoded-secret",
  severity: "error",
  summary: "a credential is written into the source",
  check(context) {
    const findFormat = (text: string, at: Span): boolean => {
      if (text.length < SHORTEST || !secretHint.test(text)) return false;
      for (const { name, pattern } of secretFormats) {
        const found = pattern.exec(text)?.[0];
        if (found === undefined || placeholder.test(found)) continue;
        const advice =
          "Revoke it, and read the new one from the environment or a vault: whoever has the source has it.";
        context.report(at, `This looks like a ${name}. ${advice}`, identityOf(found));
        return true;
      }
      return false;
    };
    const findNamed = (text: string, at: Span, parent: Node | undefined): void => {
      const name = nameAround(parent);
      if (name === undefined || !secretName.test(name) || !looksRandom(text)) return;
      context.report(
        at,
        `\`${name}\` holds what looks like a credential: read it from the environment or a vault.`,
        identityOf(text),
      );
    };
    return {
      Literal(node) {
        if (typeof node.value !== "string" || node.value.length < SHORTEST) return;
        if (!findFormat(node.value, node)) findNamed(node.value, node, context.ancestors.at(-1));
      },
      TemplateElement(node) {
        findFormat(node.value.raw, node);
      },
      end() {
        for (const comment of context.comments) findFormat(comment.value, comment);
      },
    };
  },
});

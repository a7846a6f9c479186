import type { APIAttachment, APIUser } from "discord-api-types/v10";
import { expect, test } from "vitest";
import { cytubeLine, discordLine, textOfCytubeHtml } from "./chat-text.ts";

const author = { id: "1", username: "robin", global_name: "Robin" } as APIUser;
const said = (content: string) => ({ author, content, mentions: [], attachments: [] });

test.each([
  ["a &lt;b&gt; &amp; &#39;c&#39;", "a <b> & 'c'"],
  ['<a href="https://x.example" target="_blank">https://x.example</a>', "https://x.example"],
  [
    'look <img class="channel-emote" src="https://x.example/k.png" title=":kappa:"> <strong>now</strong>',
    "look :kappa: now",
  ],
  ["  many \n lines  ", "many lines"],
  ["a < b", "a < b"],
])("the HTML %j reads %j", (html, text) => {
  expect(textOfCytubeHtml(html)).toBe(text);
});

test("nothing from CyTube means markup in Discord", () => {
  expect(discordLine("**bob**", "*hi* &lt;@1&gt; `x`")).toBe("**\\*\\*bob\\*\\***: \\*hi\\* \\<@1> \\`x\\`");
});

test("Discord's own words are told by their names", () => {
  const mentions = [{ id: "2", username: "sam", global_name: null } as APIUser];
  const content = "hi <@2> and <@!3>, see <#4> <:kappa:5>\n/clear";
  expect(cytubeLine({ ...said(content), mentions })).toBe("Robin: hi @sam and @someone, see #channel :kappa: /clear");
});

test("a message of files alone is their addresses, and nothing is nothing", () => {
  const attachments = [{ url: "https://cdn.example/a.png" } as APIAttachment];
  expect(cytubeLine({ ...said(""), attachments })).toBe("Robin: https://cdn.example/a.png");
  expect(cytubeLine(said(" \n "))).toBe("");
  expect(cytubeLine(said("x".repeat(2_000)))).toHaveLength(320);
});

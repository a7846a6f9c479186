/** The form of a known kind of credential. */
export interface SecretFormat {
  readonly name: string;
  readonly pattern: RegExp;
}

/** Credentials that can be told by their form, as their issuers document it. */
export const secretFormats: readonly SecretFormat[] = [
  { name: "AWS access key", pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/ },
  { name: "GitHub token", pattern: /\bgh[oprsu]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{82}\b/ },
  { name: "GitLab token", pattern: /\bglpat-[\w-]{20}\b/ },
  { name: "npm token", pattern: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { name: "Slack token", pattern: /\bxox[abeoprs]-[0-9A-Za-z-]{10,}/ },
  { name: "Slack webhook", pattern: /hooks\.slack\.com\/services\/T\w{8,}\/B\w{8,}\/\w{20,}/ },
  { name: "Discord token", pattern: /\b[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,38}\b/ },
  { name: "Discord webhook", pattern: /discord(?:app)?\.com\/api\/webhooks\/\d{17,20}\/[\w-]{60,}/ },
  { name: "Telegram token", pattern: /\b\d{8,10}:AA[\w-]{33}\b/ },
  { name: "Stripe key", pattern: /\b[rs]k_live_[0-9A-Za-z]{24,}\b/ },
  { name: "Google API key", pattern: /\bAIza[\w-]{35}\b/ },
  { name: "SendGrid key", pattern: /\bSG\.[\w-]{22}\.[\w-]{43}\b/ },
  { name: "OpenAI key", pattern: /\bsk-(?:proj-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}/ },
  { name: "Anthropic key", pattern: /\bsk-ant-[a-z]+\d+-[\w-]{80,}/ },
  { name: "private key", pattern: /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[\s\\n]*[A-Za-z0-9+/=\s\\]{100,}/ },
  {
    name: "password in a URL",
    pattern: /\b[a-z][a-z+]{2,12}:\/\/[\w.-]{1,64}:(?![a-z]+@|\/|\*+@|<)[^\s:@/${}'"`]{8,128}@[\w.-]{3,}/,
  },
];

/** Of each format a piece that any text of it has: one quick look tells that a text has none of them. */
export const secretHint =
  /A[KS]IA|gh[oprsu]_|github_pat_|glpat-|npm_|xox|hooks\.slack|webhooks\/|:AA|k_live_|AIza|SG\.|sk-|PRIVATE KEY|:\/\/[^/\s]{1,200}@|\.[\w-]{6}\.[\w-]{27}/;

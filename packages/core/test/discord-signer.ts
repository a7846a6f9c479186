import { generateKeyPairSync, sign } from "node:crypto";

/** Signs requests as Discord does. */
export interface DiscordSigner {
  /** 64 hexadecimal digits. */
  readonly publicKey: string;
  /** The headers for a body at a time in milliseconds. */
  headers(body: string, nowMs: number): Record<string, string>;
}

export function createDiscordSigner(): DiscordSigner {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x } = publicKey.export({ format: "jwk" });
  return {
    publicKey: Buffer.from(x ?? "", "base64url").toString("hex"),
    headers(body, nowMs) {
      const timestamp = String(Math.floor(nowMs / 1000));
      const signature = sign(null, Buffer.from(timestamp + body), privateKey).toString("hex");
      return {
        "x-signature-ed25519": signature,
        "x-signature-timestamp": timestamp,
        "content-type": "application/json",
      };
    },
  };
}

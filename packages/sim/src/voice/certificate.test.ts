import { X509Certificate, createPrivateKey } from "node:crypto";
import { expect, test } from "vitest";
import { createSelfSignedCertificate } from "./certificate.ts";

const nowMs = Date.UTC(2026, 10, 21, 9, 5, 7);

test("is a certificate for loopback that signs itself and is in date", () => {
  const { certificatePem, privateKeyPem } = createSelfSignedCertificate(nowMs);
  const certificate = new X509Certificate(certificatePem);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(privateKeyPem))).toBe(true);
  expect(certificate.checkIssued(certificate)).toBe(true);
  expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(certificate.checkHost("localhost")).toBe("localhost");
  expect(certificate.checkHost("example.org")).toBeUndefined();
  expect(certificate.ca).toBe(true);
  expect(certificate.validFromDate).toEqual(new Date(nowMs - 86_400_000));
  expect(certificate.validToDate).toEqual(new Date(nowMs + 365 * 86_400_000));
});

test("is another one each time", () => {
  const [first, second] = [createSelfSignedCertificate(nowMs), createSelfSignedCertificate(nowMs)].map(
    ({ certificatePem }) => new X509Certificate(certificatePem),
  );
  expect(first?.serialNumber).not.toBe(second?.serialNumber);
  expect(first?.verify((second as X509Certificate).publicKey)).toBe(false);
});

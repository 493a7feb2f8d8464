import { createHash } from "node:crypto";
import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  crc32,
  crc32ByTable,
  keyPairFromPrivateKey,
  keyPairFromSeed,
  sha256,
  sign,
  verifySignature,
} from "../../src/sim/digest.js";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("sha256", () => {
  it("gives the digests of FIPS 180-4", () => {
    expect(sha256("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).toBe(
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    );
  });

  it("takes a string as its UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const expected = createHash("sha256").update(bytes(text)).digest("hex");
        expect([sha256(text), sha256(bytes(text))]).toEqual([expected, expected]);
      }),
    );
  });
});

describe("crc32", () => {
  it("gives the check values that everybody gives", () => {
    expect(crc32(bytes(""))).toBe(0);
    expect(crc32(bytes("123456789"))).toBe(0xcbf43926);
    expect(crc32(bytes("The quick brown fox jumps over the lazy dog"))).toBe(0x414fa339);
  });

  it("is the same by table and by zlib, whatever the length and the seed", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(), (data, seed) => {
        expect([crc32(data, seed), crc32ByTable(data, seed)]).toEqual([
          zlibCrc32(data, seed),
          zlibCrc32(data, seed),
        ]);
      }),
    );
  });

  it("goes on from the bytes before", () => {
    const all = bytes("123456789");
    expect(crc32(all.subarray(4), crc32(all.subarray(0, 4)))).toBe(0xcbf43926);
  });
});

describe("ed25519", () => {
  it("signs and verifies as in RFC 8032, section 7.1", () => {
    const empty = keyPairFromPrivateKey("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    expect(empty.publicKey).toBe("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    const signature =
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";
    expect(sign(empty, "")).toBe(signature);
    expect(verifySignature(empty.publicKey, "", signature)).toBe(true);

    const oneByte = keyPairFromPrivateKey("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    expect(oneByte.publicKey).toBe("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    expect(sign(oneByte, "r")).toBe(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
  });

  it("gives one key pair for one seed, and another for another", () => {
    expect(keyPairFromSeed("observer/1").publicKey).toBe(keyPairFromSeed("observer/1").publicKey);
    expect(keyPairFromSeed("observer/1").publicKey).not.toBe(keyPairFromSeed("observer/2").publicKey);
  });

  it("refuses other data, other keys and other signatures, as often as it is asked", () => {
    const keys = keyPairFromSeed("a");
    const signature = sign(keys, "healthy");
    const other = `${signature[0] === "0" ? "1" : "0"}${signature.slice(1)}`;
    for (let i = 0; i < 2; i++) {
      expect(verifySignature(keys.publicKey, "healthy", signature)).toBe(true);
      expect(verifySignature(keys.publicKey, "sick", signature)).toBe(false);
      expect(verifySignature(keyPairFromSeed("b").publicKey, "healthy", signature)).toBe(false);
      expect(verifySignature(keys.publicKey, "healthy", other)).toBe(false);
    }
  });

  it("takes malformed keys and signatures for not valid", () => {
    const keys = keyPairFromSeed("a");
    const signature = sign(keys, "data");
    expect(verifySignature("", "data", signature)).toBe(false);
    expect(verifySignature(`02${"0".repeat(62)}`, "data", signature)).toBe(false); // no point of the curve
    expect(verifySignature("not hexadecimal".padEnd(64), "data", signature)).toBe(false);
    expect(verifySignature(keys.publicKey, "data", "")).toBe(false);
    expect(verifySignature(keys.publicKey, "data", signature.slice(2))).toBe(false);
    expect(verifySignature(keys.publicKey, "data", "z".repeat(128))).toBe(false);
  });

  it("verifies right however many signatures it has seen", () => {
    const keys = keyPairFromSeed("a");
    const signature = sign(keys, "data");
    for (let i = 0; i < 5_000; i++)
      expect(verifySignature(keys.publicKey, `other ${i}`, signature)).toBe(false);
    expect(verifySignature(keys.publicKey, "data", signature)).toBe(true);
  });
});

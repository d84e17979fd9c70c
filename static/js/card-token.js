/* Reads a student card without the network: what its QR or its typed number says, whether our key made it, and what the
   roster on this device holds for it. The same as credit_app/schools/cards (docs/door.md); tests/vectors/card_tokens.json
   holds both to it. Nothing here looks at revocations or times: that is the scanner's.

   CardToken.read(text, keys)        → Promise<{ok, cardId, generation, signature, why}>, `keys` as in a bundle: [{id, key}]
   CardToken.readNumber(text)        → {ok, cardId, generation, why}
   CardToken.grouped(number)         → the twelve characters in three groups
   CardToken.seal(signature, salt)   → Promise<{name, key}>: the card's place in `people`, and the AES key (32 bytes)
   CardToken.open(key, sealed)       → Promise<{n, c, s}>, or null when the text was not sealed under this key
   CardToken.revokedMark(salt, cardId, generation) → Promise<text>

   `salt` and `sealed` may be base64url, as a bundle has them, or bytes. `why` is null, 'malformed', 'unknown_key', 'forged',
   'mistyped', or 'unsupported': this browser can verify nothing, and the card must be decided on by the server. */
(function () {
  'use strict';

  const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const PREFIX = 'KX1:';
  const CONTEXT = 'kx-card-1';
  const TOKEN_CHARS = 116;
  const NUMBER_CHARS = 12;
  const HEAD_BYTES = 8;
  const IGNORED = /[\s\-\u2010-\u2014\u2212]/g;

  let nativeEd25519 = null; // a promise of whether WebCrypto verifies Ed25519 here

  function utf8(text) {
    return new TextEncoder().encode(text);
  }

  function joined() {
    const parts = Array.prototype.slice.call(arguments);
    const all = new Uint8Array(parts.reduce(function (sum, part) { return sum + part.length; }, 0));
    let at = 0;
    parts.forEach(function (part) {
      all.set(part, at);
      at += part.length;
    });
    return all;
  }

  function toBase64url(bytes) {
    return btoa(String.fromCharCode.apply(null, bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  }

  function bytesOf(value) {
    if (typeof value !== 'string') {
      return new Uint8Array(value);
    }
    const plain = atob(value.replace(/-/g, '+').replace(/_/g, '/'));
    return Uint8Array.from(plain, function (letter) { return letter.charCodeAt(0); });
  }

  // Most significant bit first; bits left over at the end must be zero, so that a card has one text only.
  function fromBase32(text) {
    const bytes = [];
    let held = 0;
    let bits = 0;
    for (const letter of text) {
      const value = ALPHABET.indexOf(letter);
      if (value < 0) {
        return null;
      }
      held = (held << 5) | value;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        bytes.push(held >> bits);
        held &= (1 << bits) - 1;
      }
    }
    return held === 0 ? Uint8Array.from(bytes) : null;
  }

  function toBase32(bytes) {
    let text = '';
    let held = 0;
    let bits = 0;
    bytes.forEach(function (value) {
      held = (held << 8) | value;
      bits += 8;
      while (bits >= 5) {
        bits -= 5;
        text += ALPHABET[held >> bits];
        held &= (1 << bits) - 1;
      }
    });
    return bits > 0 ? text + ALPHABET[held << (5 - bits)] : text;
  }

  function unread(why) {
    return { ok: false, cardId: null, generation: null, signature: null, why: why };
  }

  function takeApart(text) {
    const plain = String(text).trim().toUpperCase();
    if (!plain.startsWith(PREFIX) || plain.length !== PREFIX.length + TOKEN_CHARS) {
      return null;
    }
    const token = fromBase32(plain.slice(PREFIX.length));
    if (token === null || token[0] !== 1 || token[7] === 0) {
      return null;
    }
    return {
      keyId: token[1],
      cardId: toBase32(token.slice(2, 7)),
      generation: token[7],
      message: joined(utf8(CONTEXT), token.slice(0, HEAD_BYTES)),
      signature: token.slice(HEAD_BYTES),
    };
  }

  function subtle() {
    return typeof crypto === 'object' && crypto.subtle ? crypto.subtle : null;
  }

  // Asked once: importing a key tells, in every browser, whether the algorithm is known.
  function hasNative(key) {
    if (nativeEd25519 === null) {
      nativeEd25519 = subtle().importKey('raw', key, { name: 'Ed25519' }, false, ['verify']).then(
        function () { return true; },
        function () { return false; }
      );
    }
    return nativeEd25519;
  }

  async function verify(key, signature, message) {
    if (await hasNative(key)) {
      const imported = await subtle().importKey('raw', key, { name: 'Ed25519' }, false, ['verify']);
      return subtle().verify({ name: 'Ed25519' }, imported, signature, message);
    }
    return window.nobleEd25519.verifyAsync(signature, message, key, { zip215: false });
  }

  async function canVerify(key) {
    return subtle() !== null && (await hasNative(key) || typeof window.nobleEd25519 !== 'undefined');
  }

  async function read(text, keys) {
    const parts = takeApart(text);
    if (parts === null) {
      return unread('malformed');
    }
    // A byte tells keys apart, so two could share it: any of them that fits will do.
    const candidates = (keys || []).filter(function (key) { return key.id === parts.keyId; });
    if (candidates.length === 0) {
      return unread('unknown_key');
    }
    for (const candidate of candidates) {
      const key = bytesOf(candidate.key);
      if (!await canVerify(key)) {
        return unread('unsupported');
      }
      if (await verify(key, parts.signature, parts.message)) {
        return {
          ok: true, cardId: parts.cardId, generation: parts.generation, signature: parts.signature, why: null,
        };
      }
    }
    return unread('forged');
  }

  // Multiplication in GF(32) with x^5 + x^2 + 1.
  function times(one, other) {
    let product = 0;
    for (let bit = 0; bit < 5; bit++) {
      product ^= (other >> bit) & 1 ? one << bit : 0;
    }
    for (let bit = 9; bit >= 5; bit--) {
      product ^= (product >> bit) & 1 ? 0x25 << (bit - 5) : 0;
    }
    return product;
  }

  function fits(values) {
    return [2, 4].every(function (root) {
      return values.reduce(function (sum, value) { return times(sum, root) ^ value; }, 0) === 0;
    });
  }

  function readNumber(text) {
    const typed = String(text).normalize('NFKC').replace(IGNORED, '').toUpperCase()
      .replace(/O/g, '0').replace(/[IL]/g, '1');
    const values = Array.from(typed, function (letter) { return ALPHABET.indexOf(letter); });
    if (values.length !== NUMBER_CHARS || values.indexOf(-1) >= 0) {
      return { ok: false, cardId: null, generation: null, why: 'malformed' };
    }
    if (!fits(values)) {
      return { ok: false, cardId: null, generation: null, why: 'mistyped' };
    }
    const generation = values[8] * 32 + values[9];
    if (generation < 1 || generation > 255) {
      return { ok: false, cardId: null, generation: null, why: 'malformed' };
    }
    return { ok: true, cardId: typed.slice(0, 8), generation: generation, why: null };
  }

  function grouped(number) {
    return number.match(/.{1,4}/g).join(' ');
  }

  async function seal(signature, salt) {
    const secret = await subtle().importKey('raw', bytesOf(signature), 'HKDF', false, ['deriveBits']);
    const derived = new Uint8Array(await subtle().deriveBits(
      { name: 'HKDF', hash: 'SHA-256', salt: bytesOf(salt), info: utf8('kx-roster') }, secret, 384
    ));
    return { name: toBase64url(derived.slice(0, 16)), key: derived.slice(16) };
  }

  async function open(key, sealed) {
    try {
      const imported = await subtle().importKey('raw', bytesOf(key), 'AES-GCM', false, ['decrypt']);
      const plain = await subtle().decrypt(
        { name: 'AES-GCM', iv: new Uint8Array(12) }, imported, bytesOf(sealed)
      );
      return JSON.parse(new TextDecoder().decode(plain));
    } catch (problem) {
      return null;
    }
  }

  async function revokedMark(salt, cardId, generation) {
    const named = joined(bytesOf(salt), fromBase32(cardId), Uint8Array.of(generation));
    const digest = new Uint8Array(await subtle().digest('SHA-256', named));
    return toBase64url(digest.slice(0, 12));
  }

  window.CardToken = {
    read: read,
    readNumber: readNumber,
    grouped: grouped,
    seal: seal,
    open: open,
    revokedMark: revokedMark,
  };
})();

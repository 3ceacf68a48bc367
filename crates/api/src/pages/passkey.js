// Asks the browser for a passkey, or to make one, and sends its answer as the form of the page. It says what went wrong in
// the page's own line, and loads nothing.
"use strict";

(() => {
  const form = document.querySelector("form[data-question]");
  const told = document.querySelector("[data-told]");
  const button = form.querySelector("button");

  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  const faults = {
    NotAllowedError: "Nothing was shown, or it took too long.",
    InvalidStateError: "This device has a passkey of yours already.",
    NotSupportedError: "This device makes no passkey of a kind that is accepted here.",
    ConstraintError: "This device cannot make sure who uses it. Set a PIN, a fingerprint or a face there.",
    SecurityError: "Your browser takes this page for one that may not ask for passkeys.",
  };

  const get = async (asked) => {
    const shown = await navigator.credentials.get({ publicKey: { ...asked, challenge: bytes(asked.challenge) } });
    const { clientDataJSON, authenticatorData, signature, userHandle } = shown.response;
    return {
      credential: text(shown.rawId),
      client_data: text(clientDataJSON),
      authenticator_data: text(authenticatorData),
      signature: text(signature),
      user_handle: text(userHandle ?? new ArrayBuffer(0)),
    };
  };

  const create = async (asked) => {
    const made = await navigator.credentials.create({
      publicKey: {
        ...asked,
        challenge: bytes(asked.challenge),
        user: { ...asked.user, id: bytes(asked.user.id) },
        excludeCredentials: asked.excludeCredentials.map((known) => ({ ...known, id: bytes(known.id) })),
      },
    });
    return {
      credential: text(made.rawId),
      client_data: text(made.response.clientDataJSON),
      authenticator_data: text(made.response.getAuthenticatorData()),
      public_key: text(made.response.getPublicKey() ?? new ArrayBuffer(0)),
      algorithm: String(made.response.getPublicKeyAlgorithm()),
    };
  };

  const ask = async () => {
    const question = JSON.parse(form.dataset.question);
    button.hidden = true;
    told.textContent = form.dataset.waiting;
    try {
      const answer = question.get ? await get(question.get) : await create(question.create);
      for (const [name, value] of Object.entries(answer)) form.elements[name].value = value;
      told.textContent = "One moment.";
      form.submit();
    } catch (fault) {
      told.textContent = faults[fault.name] ?? `Your browser could not do it (${fault.name}).`;
      button.hidden = false;
    }
  };

  if (location.origin !== form.dataset.origin) {
    told.textContent = "Passkeys work under another name of this installation:";
    document.querySelector("[data-elsewhere]").hidden = false;
    return;
  }
  if (!window.PublicKeyCredential) {
    told.textContent = "Your browser knows no passkeys. Sign in in another way.";
    return;
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  ask();
})();

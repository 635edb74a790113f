// Passkeys: asks the device, then sends the form. Without it, or without such a device, the other ways stay.
// A button names its form by its place in it and says in data-passkey what it does: "create", "get" or "sign-in".
(() => {
  "use strict";

  const toBytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };
  const toText = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const known = (list) => (list || []).map((one) => ({ ...one, id: toBytes(one.id) }));

  const create = async (form, options) => {
    const asked = options.publicKey;
    const alone = form.querySelector("[name=passwordless]");
    const isAlone = Boolean(alone && alone.checked);
    const found = await navigator.credentials.create({
      publicKey: {
        ...asked,
        challenge: toBytes(asked.challenge),
        user: { ...asked.user, id: toBytes(asked.user.id) },
        excludeCredentials: known(asked.excludeCredentials),
        authenticatorSelection: {
          ...asked.authenticatorSelection,
          residentKey: isAlone ? "required" : "discouraged",
          requireResidentKey: isAlone,
          userVerification: isAlone ? "required" : "preferred",
        },
      },
    });
    return {
      response: {
        attestationObject: toText(found.response.attestationObject),
        clientDataJSON: toText(found.response.clientDataJSON),
        transports: found.response.getTransports ? found.response.getTransports() : [],
      },
      found,
    };
  };

  const get = async (options) => {
    const asked = options.publicKey;
    const found = await navigator.credentials.get({
      publicKey: { ...asked, challenge: toBytes(asked.challenge), allowCredentials: known(asked.allowCredentials) },
    });
    const { authenticatorData, clientDataJSON, signature, userHandle } = found.response;
    return {
      response: {
        authenticatorData: toText(authenticatorData),
        clientDataJSON: toText(clientDataJSON),
        signature: toText(signature),
        userHandle: userHandle ? toText(userHandle) : null,
      },
      found,
    };
  };

  const asked = async (button, form) => {
    if (button.dataset.passkey !== "sign-in") return JSON.parse(document.getElementById(button.dataset.options).textContent);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  const run = async (button) => {
    const form = button.form;
    const options = await asked(button, form);
    const { response, found } = button.dataset.passkey === "create"
      ? await create(form, options.creation_options)
      : await get(options.request_options);
    form.elements.credential.value = JSON.stringify({
      type: found.type,
      id: found.id,
      rawId: toText(found.rawId),
      authenticatorAttachment: found.authenticatorAttachment || null,
      clientExtensionResults: found.getClientExtensionResults(),
      response,
    });
    form.submit();
  };

  document.addEventListener("DOMContentLoaded", () => {
    if (!window.PublicKeyCredential) return;
    for (const part of document.querySelectorAll("[data-passkey-only]")) part.hidden = false;
    for (const part of document.querySelectorAll("[data-without-passkeys]")) part.hidden = true;
  });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-passkey]");
    if (!button) return;
    event.preventDefault();
    const failed = document.getElementById("passkey-failed");
    if (failed) failed.hidden = true;
    try {
      await run(button);
    } catch (error) {
      if (failed) {
        failed.hidden = false;
        failed.focus();
      }
    }
  });
})();

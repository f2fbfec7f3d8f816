// Checks a receipt in this browser, step by step: nothing is sent anywhere. The same steps as `regie verify` (regie-domain, ledger/verify.rs).
// No text of its own: words come from the page, in the customer's language.
(function () {
  "use strict";
  var box = document.querySelector("[data-check]");
  if (!box) return;
  var STEPS = ["readable", "key", "signature", "commitment", "checkpoint", "inclusion", "agreement"];
  var utf8 = new TextEncoder();
  var line = function (step) { return box.querySelector('[data-step="' + step + '"]'); };
  var say = function (name) {
    box.querySelectorAll("[data-result]").forEach(function (p) { p.hidden = p.dataset.result !== name; });
    box.dataset.state = name;
  };
  function mark(step, state, found) {
    var li = line(step);
    li.dataset.state = state;
    li.querySelector("[data-mark]").textContent = box.dataset[state] || "";
    li.querySelector("code").textContent = found || "";
  }
  function Refused(why) { this.why = why; }
  function must(holds, why) { if (!holds) throw new Refused(why); }

  // ---- bytes
  function hex(bytes) { return Array.from(bytes, function (b) { return b.toString(16).padStart(2, "0"); }).join(""); }
  function unhex(text) {
    must(typeof text === "string" && /^([0-9a-f]{2})*$/.test(text), "hex");
    return Uint8Array.from(text.match(/../g) || [], function (pair) { return parseInt(pair, 16); });
  }
  function unbase64(text) {
    must(typeof text === "string" && /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text), "base64");
    var raw = atob(text);
    must(btoa(raw) === text, "base64");
    return Uint8Array.from(raw, function (c) { return c.charCodeAt(0); });
  }
  function join() {
    var all = Array.prototype.slice.call(arguments), out = new Uint8Array(all.reduce(function (n, a) { return n + a.length; }, 0)), at = 0;
    all.forEach(function (a) { out.set(a, at); at += a.length; });
    return out;
  }
  function same(a, b) { return a.length === b.length && a.every(function (v, i) { return v === b[i]; }); }
  async function sha256(bytes) { return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)); }
  var leafHash = function (entry) { return sha256(join([0], entry)); };
  var nodeHash = function (left, right) { return sha256(join([1], left, right)); };

  // ---- JSON that says one thing only, in one spelling where spelling is not signed (numbers), and its canonical form (RFC 8785:
  // JavaScript's own, with sorted names). Also what stands in the list that it is or carries, each as it is written.
  function strict(text) {
    var open = [], at = 0, token = /"(?:[^"\\\u0000-\u001f]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+/g, found, items = null;
    var isList = function () { return open.length === 0 || (open.length === 1 && open[0].last === "receipts"); };
    while ((found = token.exec(text))) {
      var here = open[open.length - 1], t = found[0];
      if (here && here.items && (t === "," || t === "]") && here.from !== null) { here.items.push(text.slice(here.from, at)); here.from = null; }
      else if (here && here.items && here.from === null) here.from = found.index;
      if (t === "{") open.push({ names: new Set(), name: true });
      else if (t === "[") open.push(isList() ? { items: items = [], from: null } : {});
      else if (t === "}" || t === "]") open.pop();
      else if (t === ",") { if (here && here.names) here.name = true; }
      else if (t[0] === '"' && here && here.names && here.name) {
        var name = JSON.parse(t);
        must(!here.names.has(name), "doubled: " + name);
        here.names.add(name);
        here.last = name;
        here.name = false;
      } else if (/^[-0-9]/.test(t)) must(JSON.stringify(JSON.parse(t)) === t, t);
      at = token.lastIndex;
    }
    must(text.slice(at).trim() === "", "cut");
    return { value: JSON.parse(text), items: items };
  }
  // A copy without one member. Not by assigning: "__proto__" is a member as any other here.
  function without(object, name) {
    return Object.fromEntries(Object.entries(object).filter(function (member) { return member[0] !== name; }));
  }
  function canonical(value) {
    if (Array.isArray(value)) return "[" + value.map(canonical).join(",") + "]";
    if (value && typeof value === "object") {
      return "{" + Object.keys(value).sort().map(function (k) { return JSON.stringify(k) + ":" + canonical(value[k]); }).join(",") + "}";
    }
    return JSON.stringify(value);
  }

  // ---- keys and signatures
  async function key(text) {
    var parts = String(text).trim().split("+");
    must(parts.length >= 3 && parts[0] !== "" && !/[\s{]/.test(parts[0]), "key");
    var bytes = unbase64(parts.slice(2).join("+"));
    must(bytes.length === 33 && bytes[0] === 1, "key");
    var id = (await sha256(join(utf8.encode(parts[0] + "\n"), bytes))).slice(0, 4);
    must(hex(id) === parts[1], "key");
    return { name: parts[0], id: id, short: parts[0] + "+" + parts[1], raw: bytes.slice(1), text: String(text).trim() };
  }
  function Unsupported() {}
  async function verifier(raw) {
    try { return await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]); }
    catch (e) { if (e && e.name === "NotSupportedError") throw new Unsupported(); throw new Refused("key"); }
  }
  function signed(ready, text, signature) { return crypto.subtle.verify({ name: "Ed25519" }, ready, signature, text); }

  async function openCheckpoint(note, known, ready) {
    must(typeof note === "string" && note.endsWith("\n") && !/[\u0000-\u0009\u000b-\u001f]/.test(note), "note");
    var cut = note.lastIndexOf("\n\n");
    must(cut > 0, "note");
    var text = note.slice(0, cut + 1), lines = text.split("\n"), holds = false;
    must(lines.length === 4 && lines[0] === known.name && /^(0|[1-9][0-9]{0,14})$/.test(lines[1]), "checkpoint");
    var root = unbase64(lines[2]);
    must(root.length === 32, "checkpoint");
    for (var one of note.slice(cut + 2, -1).split("\n")) {
      var parts = /^\u2014 (\S+) (\S+)$/.exec(one);
      must(parts, "note");
      var bytes = unbase64(parts[2]);
      if (parts[1] !== known.name || !same(bytes.slice(0, 4), known.id)) continue;
      must(await signed(ready, utf8.encode(text), bytes.slice(4)), "forged");
      holds = true;
    }
    must(holds, "not signed");
    return { size: Number(lines[1]), root: root };
  }

  // RFC 9162, section 2.1.3.2. Numbers stay below 2^53, so they are halved and not shifted.
  async function included(entry, index, size, root, proof) {
    must(index < size, "index");
    var fn = index, sn = size - 1, r = await leafHash(entry);
    for (var p of proof) {
      must(sn > 0, "length");
      if (fn % 2 === 1 || fn === sn) {
        r = await nodeHash(p, r);
        while (fn % 2 === 0 && fn !== 0) { fn = fn / 2; sn = Math.floor(sn / 2); }
      } else {
        r = await nodeHash(r, p);
      }
      fn = Math.floor(fn / 2);
      sn = Math.floor(sn / 2);
    }
    must(sn === 0 && same(r, root), "root");
  }

  // ---- what the record must say because of what was committed to (regie-domain, ledger/receipt.rs)
  var FIRST_CONTEXT = {
    dpv: "https://w3id.org/dpv#", pd: "https://w3id.org/dpv/pd#", loc: "https://w3id.org/dpv/loc#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#", dct: "http://purl.org/dc/terms/",
    rdf: "http://www.w3.org/1999/02/22-rdf-syntax-ns#", skos: "http://www.w3.org/2004/02/skos/core#", regie: "urn:regie:terms:"
  };
  var CONTEXT = Object.assign({}, FIRST_CONTEXT);
  ["dct:conformsTo", "dpv:hasJurisdiction", "dpv:hasLegalBasis", "dpv:hasLocation", "dpv:isIndicatedBy", "skos:broader"].forEach(function (property) {
    CONTEXT[property] = { "@type": "@id" };
  });
  var consent = function (status) { return ["dpv:hasConsentStatus", status, "dpv:ConsentRecord", "eu-gdpr:A7-3"]; };
  var right = function (status, article) { return ["dpv:hasStatus", status, "dpv:RightExerciseRecord", article]; };
  var TERMS = {
    given: consent("dpv:ConsentGiven"), refused: consent("dpv:ConsentRefused"), withdrawn: consent("dpv:ConsentWithdrawn"),
    left_behind: consent("dpv:ConsentWithdrawn"),
    invalidated: consent("dpv:ConsentInvalidated"), used_up: consent("dpv:ConsentExpired"), visit_ended: consent("dpv:ConsentExpired"),
    objected: right("dpv:LegitimateInterestObjected", "eu-gdpr:A21"), objection_ended: right("dpv:LegitimateInterestNotObjected", "eu-gdpr:A21"),
    information_stated: consent("dpv:ConsentGiven"), information_hidden: consent("dpv:ConsentWithdrawn"),
    information_removed: consent("dpv:ConsentWithdrawn"), information_visit_ended: consent("dpv:ConsentExpired"),
    restricted: right(null, "eu-gdpr:A18"), restriction_lifted: right(null, "eu-gdpr:A18"),
    contested: right(null, "eu-gdpr:A22"), contest_answered: right(null, "eu-gdpr:A22"),
    consenter_stated: ["dpv:hasStatus", null, "dpv:ConsentRecord", null], disclosed: ["dpv:hasStatus", null, "dpv:DataProcessingRecord", null]
  };
  var BASES = { consent: "eu-gdpr:A6-1-a", contract: "eu-gdpr:A6-1-b", legal_obligation: "eu-gdpr:A6-1-c", legitimate_interest: "eu-gdpr:A6-1-f" };
  function duration(until) {
    if (until === undefined) return { "@type": "dpv:EndlessDuration" };
    if (until === "visit" || until === "withdrawn") return { "@type": "dpv:UntilEventDuration", "rdf:value": until };
    if (until === "once") return { "@type": "dpv:FixedOccurrencesDuration", "rdf:value": "1" };
    return { "@type": "dpv:UntilTimeDuration", "rdf:value": until };
  }
  function skeleton(core, leaf) {
    var text = function (of, name) { return of && typeof of[name] === "string" ? of[name] : undefined; };
    // A disclosure is nobody's choice.
    var disclosed = text(core, "disclosure") !== undefined;
    var choice = disclosed ? "disclosed" : text(core, "choice") || "", terms = Object.hasOwn(TERMS, choice) ? TERMS[choice] : right(null, null);
    var actor = text(core.evidence, "actor"), process = { "@type": "dpv:Process" };
    if (text(core, "purpose") !== undefined) process["dpv:hasPurpose"] = { "@type": "dpv:Purpose", "dct:identifier": core.purpose };
    [["categories", "dpv:hasPersonalData", "dpv:PersonalData"], ["recipients", "dpv:hasRecipient", "dpv:Recipient"]].forEach(function (l) {
      if (Array.isArray(core[l[0]])) process[l[1]] = core[l[0]].map(function (id) { return { "@type": l[2], "dct:identifier": id }; });
    });
    if (Array.isArray(core.channels)) process["regie:hasChannel"] = core.channels.map(function (id) { return { "dct:identifier": id }; });
    if (disclosed) {
      process["dpv:hasProcessing"] = { "@type": "dpv:Disclose" };
      process["dpv:hasRecipient"] = [{ "@type": "dpv:Recipient", "dct:identifier": text(core, "recipient") === undefined ? null : core.recipient }];
      if (text(core, "channel") !== undefined) process["regie:hasChannel"] = [{ "dct:identifier": core.channel }];
      if (text(core, "ground") !== undefined && Object.hasOwn(BASES, core.ground)) process["dpv:hasLegalBasis"] = BASES[core.ground];
      if (Array.isArray(core.items)) process["regie:hasInformation"] = core.items.map(function (id) { return { "dct:identifier": id }; });
    }
    var by = "dpv:DataSubject";
    if (actor === "guardian") by = "dpv:GuardianOfDataSubject";
    else if (["staff", "source", "system"].includes(actor) || (actor === undefined && ["invalidated", "used_up", "visit_ended", "disclosed"].includes(choice))) by = "dpv:DataController";
    var event = { "regie:choice": choice, "dpv:isIndicatedBy": by };
    if (!disclosed || text(core, "until") !== undefined) event["dpv:hasDuration"] = duration(text(core, "until"));
    if (terms[1]) event["@type"] = terms[1];
    if (text(core, "at") !== undefined) event["dpv:isIndicatedAtTime"] = core.at;
    if (text(core.evidence, "method") !== undefined) event["dpv:hasIndicationMethod"] = core.evidence.method;
    ["visit", "request", "restriction_ground", "consenter", "disclosure", "contest", "outcome"].forEach(function (k) { if (text(core, k) !== undefined) event["regie:" + k] = core[k]; });
    var record = { "@type": terms[2], "@id": "urn:regie:record:" + leaf, "dct:identifier": leaf, "dpv:hasProcess": process };
    if (text(core, "customer") !== undefined) record["dpv:hasDataSubject"] = { "@type": "dpv:DataSubject", "dct:identifier": core.customer };
    if (text(core.evidence, "policy_version") !== undefined && text(core.evidence, "language") !== undefined) {
      record["dpv:hasNotice"] = { "@type": "dpv:ConsentNotice", "dct:hasVersion": core.evidence.policy_version, "dct:language": core.evidence.language };
    }
    if (terms[3]) record["dpv:hasRight"] = { "@type": ["dpv:DataSubjectRight", terms[3]] };
    record[terms[0]] = event;
    return { "@context": CONTEXT, "@type": disclosed ? terms[2] : "dpv:ConsentReceipt", "@id": "urn:regie:receipt:" + leaf, "dct:identifier": leaf, "dpv:hasRecordOfActivity": record };
  }
  var FROM_CORE = ["dpv:hasConsentStatus", "dpv:hasStatus", "dpv:hasDataSubject", "dpv:hasNotice", "dpv:hasProcess", "dpv:hasPurpose",
    "dpv:hasPersonalData", "dpv:hasRecipient", "dpv:hasRecordOfActivity", "dpv:hasProcessing", "regie:hasChannel", "regie:hasInformation"];
  var EXACTLY = ["@context", "dpv:hasConsentStatus", "dpv:hasStatus", "dpv:hasDataSubject", "regie:hasChannel"];
  function agrees(want, found, at) {
    if (Array.isArray(want)) {
      must(Array.isArray(found) && found.length === want.length, at);
      want.forEach(function (w, i) { agrees(w, found[i], at + "/" + i); });
    } else if (want && typeof want === "object") {
      must(found && typeof found === "object" && !Array.isArray(found), at);
      FROM_CORE.forEach(function (n) { must(!Object.hasOwn(found, n) || Object.hasOwn(want, n), at + "/" + n); });
      Object.keys(want).forEach(function (n) {
        must(Object.hasOwn(found, n), at + "/" + n);
        if (EXACTLY.includes(n)) must(canonical(want[n]) === canonical(found[n]), at + "/" + n);
        else agrees(want[n], found[n], at + "/" + n);
      });
    } else {
      must(want === found, at);
    }
  }

  // ---- what it proves: said from the core once every step held; of the rest of the receipt, a name that the page does not know
  var says = box.querySelector("[data-says]");
  function untell() {
    says.hidden = true;
    says.querySelectorAll("dl").forEach(function (one) { one.remove(); });
  }
  function named(kind, id) {
    var all = Array.from(says.querySelector("[data-names]").content.children);
    var found = all.find(function (n) { return n.dataset.kind === kind && n.dataset.id === id; });
    return found ? found.textContent : "";
  }
  function moment(text, ends) {
    var at = new Date(text), language = says.dataset.locale, zone = says.dataset.zone;
    if (isNaN(at)) return text;
    var clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(at);
    // Midnight belongs to the day that ends.
    if (ends && clock === "00:00") { at = new Date(at - 1); clock = "24:00"; }
    // As the other pages write it: without a comma.
    var day = [{ weekday: "long" }, { day: "numeric", month: "long", year: "numeric" }].map(function (part) {
      return new Intl.DateTimeFormat(language, Object.assign({ timeZone: zone }, part)).format(at);
    }).join(" ");
    if (language.startsWith("nl")) clock = clock.replace(":", ".");
    return says.dataset.moment.replace("{day}", day).replace("{clock}", clock);
  }
  // Whom it went to: as the page calls them, else as the receipt does, else by what the shop's systems call them.
  function recipient(id, receipt) {
    var process = receipt["dpv:hasRecordOfActivity"]["dpv:hasProcess"], own = process["dpv:hasRecipient"][0]["dpv:hasName"];
    return named("recipient", id) || (typeof own === "string" && own) || says.dataset.code.replace("{id}", function () { return id; });
  }
  async function tell(core, receipt) {
    var one = says.querySelector("[data-one]").content.firstElementChild.cloneNode(true);
    var text = function (name) { return typeof core[name] === "string" ? core[name] : ""; };
    var word = function (kind, id) { return named(kind, id) || id; };
    var item = text("information"), until = text("until"), purpose = text("purpose") && word("purpose", text("purpose"));
    var passedOn = function () { return says.dataset.disclosed.replace("{recipient}", function () { return recipient(text("recipient"), receipt); }); };
    var said = {
      what: item ? word("item", item) + (purpose ? " (" + purpose + ")" : "") : purpose,
      choice: text("disclosure") ? passedOn() : text("choice") && word("choice", text("choice")),
      data: Array.isArray(core.categories) ? core.categories.map(function (id) { return word("category", id); }).join(", ") : "",
      when: text("at") && moment(text("at"), false),
      until: until && (/^\d/.test(until) ? moment(until, true) : word("until", until)),
      customer: text("customer")
    };
    Object.keys(said).forEach(function (name) {
      var place = one.querySelector('[data-say="' + name + '"]');
      if (said[name]) place.textContent = said[name]; else place.closest("div").remove();
    });
    var mine = says.dataset.customer, another = one.querySelector("[data-another]");
    if (another && mine && hex(await sha256(utf8.encode(said.customer))) !== mine) another.hidden = false;
    says.append(one);
    says.hidden = false;
  }

  // ---- the steps
  async function check(text, shops) {
    var receipt, ledger, signature, known, ready, entry, head, at = "readable";
    STEPS.forEach(function (step) { mark(step, "waits", ""); });
    try {
      var bytes = utf8.encode(text).length;
      must(bytes <= 131072, "size");
      try { receipt = strict(text).value; } catch (e) { throw e instanceof Refused ? e : new Refused("JSON"); }
      ledger = receipt && receipt["regie:ledger"];
      signature = receipt && receipt["regie:signature"];
      must(ledger && signature && ledger.core && typeof ledger.core === "object" && Array.isArray(ledger.proof) && ledger.proof.length <= 64, "regie:ledger");
      must(Number.isSafeInteger(ledger.index) && ledger.index >= 0, "index");
      var salt = unhex(ledger.salt), proof = ledger.proof.map(unbase64), value = unbase64(signature.value);
      must(salt.length === 32 && value.length === 64 && proof.every(function (p) { return p.length === 32; }), "regie:ledger");
      mark(at, "ok", bytes + " bytes");

      at = "key";
      known = await key(signature.key);
      must(known.text === shops.trim(), known.short);
      mark(at, "ok", known.short);

      at = "signature";
      ready = await verifier(known.raw);
      var bare = Object.fromEntries(Object.entries(receipt).map(function (member) {
        return member[0] === "regie:signature" ? [member[0], without(signature, "value")] : member;
      }));
      must(await signed(ready, utf8.encode(canonical(bare)), value), "Ed25519");
      mark(at, "ok", "Ed25519 " + signature.value);

      at = "commitment";
      var secret = await crypto.subtle.importKey("raw", salt, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
      entry = new Uint8Array(await crypto.subtle.sign("HMAC", secret, utf8.encode("regie/leaf/1" + canonical(ledger.core))));
      must(hex(entry) === receipt["dct:identifier"], hex(entry));
      mark(at, "ok", "HMAC-SHA-256 " + hex(entry));

      at = "checkpoint";
      head = await openCheckpoint(ledger.checkpoint, known, ready);
      mark(at, "ok", ledger.checkpoint);

      at = "inclusion";
      await included(entry, ledger.index, head.size, head.root, proof);
      mark(at, "ok", ledger.index + " / " + head.size + " · " + proof.length + " × SHA-256");

      at = "agreement";
      var want = skeleton(ledger.core, hex(entry));
      // The first receipts said the same without saying which values are terms.
      if (canonical(receipt["@context"]) === canonical(FIRST_CONTEXT)) want["@context"] = FIRST_CONTEXT;
      agrees(want, receipt, "");
      mark(at, "ok", canonical(ledger.core));
      await tell(ledger.core, receipt);
      return { leaf: hex(entry), index: ledger.index, size: head.size, root: hex(head.root) };
    } catch (e) {
      if (e instanceof Unsupported) { mark(at, "unknown", "Ed25519"); untell(); say("unsupported"); return null; }
      mark(at, "bad", e instanceof Refused ? e.why : String(e && e.name));
      untell();
      say("refused");
      return null;
    }
  }

  // The receipts of a file: one, or the list that the shop's interface answers. What is said twice in it is nobody's list.
  function receiptsOf(text) {
    try {
      var all = text.length > 16000000 ? {} : strict(text);
      var own = all.value && all.value["regie:ledger"];
      return all.items && all.items.length && (own === undefined || own === null) ? all.items : [text];
    } catch (e) { return [text]; }
  }
  // What is wrong between a receipt and those before it, each of which holds (cli/verify): a list has each once, the newest first, and
  // their heads and places are of one log.
  function between(all, one) {
    if (all.some(function (other) { return other.leaf === one.leaf; })) return "repeated";
    if (all.some(function (other) { return other.index === one.index || (other.size === one.size && other.root !== one.root); })) return "forked";
    return all.length && one.index > all[all.length - 1].index ? "reordered" : null;
  }
  async function checkAll(text, shops) {
    var all = receiptsOf(text), held = [], how = box.querySelector("[data-which]"), wrong = null;
    how.hidden = all.length === 1;
    for (var at = 0; at < all.length && !wrong; at++) {
      how.textContent = how.dataset.which.replace("{n}", at + 1).replace("{of}", all.length);
      var one = await check(all[at], shops);
      if (!one) return;
      wrong = between(held, one);
      held.push(one);
    }
    if (wrong) untell();
    say(wrong || "holds");
  }

  // The bytes of a file as its text, to the last one: what is no text is no receipt.
  function textOf(bytes) {
    try { return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes); } catch (e) { return ""; }
  }
  async function start(read) {
    untell();
    if (!window.crypto || !crypto.subtle) { say("unsupported"); return; }
    say("busy");
    var text, shops = null;
    try {
      var answers = await Promise.all([read(), fetch(box.dataset.key).then(function (a) { return a.ok ? a.text() : null; })]);
      text = textOf(answers[0]);
      shops = answers[1];
    } catch (e) { say("unread"); return; }
    // Without the shop's key a receipt could vouch for itself.
    if (shops === null) { say("unread"); return; }
    await checkAll(text, shops);
  }
  if (box.dataset.receipt) {
    start(function () { return fetch(box.dataset.receipt).then(function (a) { if (!a.ok) throw new Error("unread"); return a.arrayBuffer(); }); });
  }
  var chosen = document.querySelector("[data-file]");
  if (chosen) {
    chosen.hidden = false;
    chosen.querySelector("input").addEventListener("change", function (event) {
      var file = event.target.files[0];
      if (file) { box.hidden = false; start(function () { return file.arrayBuffer(); }); }
    });
  }
})();

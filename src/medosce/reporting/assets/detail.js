"use strict";
/* One row in full: question, options, every model's answer, prompt, rationale. Texts go in by textContent only. */
function MedosceDetail({ words, t, named, el, add, verdict, answerText, glyph }) {
  const REPLY = words.outcomes, GLYPH = glyph;
  let data = null;

  function block(title, node, name) {
    return node && add(el("section", "block " + (name || "")), el("h4", "", title), node);
  }
  function prose(text) {
    return el("p", "prose", text);
  }
  function question(item) {
    const box = el("div", "question");
    if (item.q) box.append(prose(item.q));
    for (const message of item.m || []) box.append(turn_of(message.role, message.content));
    if (item.t) {
      const facts = el("dl", "report");
      for (const [name, value] of Object.entries(item.t)) add(facts, el("dt", "", named("section", name)), el("dd", "prose", String(value)));
      box.append(facts);
    }
    if (item.i) box.append(block(t("js.images"), el("p", "", item.i.join(", "))));
    if (item.c) {
      const criteria = el("ul", "criteria");
      for (const one of item.c) add(criteria, el("li", "", one.criterion + " (" + t("js.points", { n: one.points }) + ")"));
      box.append(block(t("js.criteria"), criteria));
    }
    return box;
  }
  function options(row) {
    const item = row.item;
    if (!item.o) return item.b ? block(t("js.labels"), el("p", "", item.b.join(", "))) : null;
    const gold = new Set([].concat(item.a || []));
    const box = el("ul", "options");
    for (const [letter, text] of Object.entries(item.o)) {
      const right = gold.has(letter), line = el("li", right ? "key" : "");
      const chosenBy = row.results.map((result, at) => (result && [].concat(result.a || []).includes(letter) ? at : -1)).filter((at) => at >= 0);
      add(line, el("span", "letter", letter), el("bdi", "option-text", text));
      const badges = el("span", "badges");
      if (right) badges.append(el("span", "badge good", "✓ " + t("js.key")));
      for (const at of chosenBy) badges.append(el("span", right ? "badge chose" : "badge chose bad", row.results.length > 1 ? data.runs[at] : t("js.chosen")));
      if (badges.childNodes.length) line.append(badges);
      box.append(line);
    }
    return box;
  }
  function gold(item) {
    if (item.o || item.a === undefined) return null;
    if (!Array.isArray(item.a)) return block(t("js.gold"), prose(item.a));
    const box = el("ul", "criteria");
    for (const part of item.a) {
      const text = typeof part === "string" ? part : [named("finding", part.type), part.section && named("section", part.section), part.quote && "“" + part.quote + "”", part.correction && "→ " + part.correction].filter(Boolean).join(" · ");
      box.append(el("li", "", text));
    }
    return block(t("js.gold"), box);
  }
  function answer(row, result, at) {
    const box = el("section", "answer");
    if (row.results.length > 1) box.append(el("h4", "of-model m" + (at % 8), data.runs[at]));
    if (!result) return add(box, el("p", "muted", t("js.not_here", { id: row.item.id })));
    const is = verdict(result), read = answerText(result.a), status = el("p", "status");
    add(status, el("span", "badge verdict " + is, GLYPH[is] + " " + named("outcome", REPLY[result.x] || "?")));
    if (read) {
      add(status, el("span", "", t("js.answer") + ": "), el("strong", "", read));
      if (result.h) status.append(" (" + t("js.shown_letter", { letter: answerText(result.h) }) + ")");
    }
    if (result.u) add(status, add(el("span", "muted"), t("js.rule") + " ", el("code", "", result.u)));
    box.append(status);
    if (result.e) box.append(block(t("js.error"), prose(result.e.join(": ")), "failure"));
    const reply = result.t === undefined ? el("p", "muted", t("js.no_reply")) : result.t.trim() === "" ? el("p", "muted", t("js.empty")) : el("div", "reply", result.t);
    if (result.t !== undefined || !result.e) box.append(block(t("js.reply"), reply));
    if (result.l) box.append(el("p", "cut", t("js.cut", { limit: result.t.length.toLocaleString("en"), length: result.l.toLocaleString("en"), row: result.q })));
    if (result.n) {
      const more = add(el("details"), el("summary", "", t("js.reasoning")), el("div", "reply", result.n));
      if (result.nl) more.append(el("p", "cut", t("js.cut", { limit: result.n.length.toLocaleString("en"), length: result.nl.toLocaleString("en"), row: result.q })));
      box.append(more);
    }
    if (result.m) box.append(prompt(row, result));
    const facts = [];
    if (result.w) facts.push(t("js.shown", { order: result.w.split("").join(" ") }));
    if (result.s) facts.push(t("js.seconds", { n: result.s }));
    if (result.y) facts.push(t("js.tries", { n: result.y }));
    if (result.i || result.o) facts.push(t("js.tokens", { input: result.i || 0, output: result.o || 0 }));
    if (result.k) facts.push(t("js.cached"));
    if (result.f) facts.push(t("js.finish", { finish: result.f }));
    if (facts.length) box.append(el("p", "muted", facts.join(" · ")));
    return box;
  }
  function prompt(row, result) {
    const order = (result.w || Object.keys(row.item.o || {}).join("")).split("");
    const fill = (text) => text.replace(/[\ue000-\ue01a]/g, (mark) => {
      const at = mark.charCodeAt(0) - 0xe000;
      return at === 0 ? row.item.q || "" : (row.item.o || {})[order[at - 1]] || mark;
    });
    const box = add(el("details", "prompt"), el("summary", "", t("js.prompt")));
    for (const [role, skeleton] of result.m) box.append(turn_of(role, fill(data.skeletons[skeleton])));
    return box;
  }
  function turn_of(role, content) {
    return add(el("div", "turn-of"), el("span", "role", role), el("div", "reply", content));
  }
  function about(item) {
    const facts = [["js.kind", named("kind", item.k)], ["js.specialty", item.sp], ["js.difficulty", item.e], ["js.group", item.g],
      ["js.source", item.s], ["js.validation", item.v && named("validation", item.v.status)]].filter((pair) => pair[1]);
    const box = el("dl", "facts");
    for (const [name, value] of facts) box.append(add(el("div"), el("dt", "", t(name)), el("dd", "", value)));
    return block(t("js.about"), box, "about");
  }

  return (row, from) => {
    data = from;
    const item = row.item;
    return [question(item), options(row), gold(item), ...row.results.map((result, at) => answer(row, result, at)),
      item.r && block(t("js.rationale"), prose(item.r)), item.p && block(t("js.principle"), prose(item.p)),
      item.f && block(t("js.reference"), prose(item.f)), about(item)];
  };
}

"use strict";
// The chat page's own behaviour: source drawer, copying, export, votes, upload. Answers come through Gradio.
(() => {
  const root = new URL("..", document.currentScript.src).href;
  const $ = (selector, from) => (from || document).querySelector(selector);
  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const say = (answer, text) => { const place = $(".bq-said", answer); if (place) place.textContent = text; };
  const failure = async (response) => {
    try { return (await response.json()).error.message; } catch (_) { return "服务没有正常回应，请稍后再试。"; }
  };

  // Sources open in a drawer beside the conversation; the link itself works without this script.
  const openSource = (href) => {
    let dialog = $("#bq-drawer");
    if (!dialog) {
      dialog = make("dialog", "bq-drawer");
      dialog.id = "bq-drawer";
      dialog.setAttribute("aria-label", "出处");
      const bar = make("div", "bq-drawer-bar");
      const out = make("a", "", "在新窗口打开");
      out.target = "_blank";
      const close = make("button", "", "关闭");
      close.type = "button";
      close.addEventListener("click", () => dialog.close());
      bar.append(make("strong", "", "出处"), out, close);
      const frame = make("iframe");
      frame.title = "出处原文";
      dialog.append(bar, frame);
      dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
      dialog.addEventListener("close", () => { frame.src = "about:blank"; });
      document.body.append(dialog);
    }
    $("iframe", dialog).src = href;
    $(".bq-drawer-bar a", dialog).href = href;
    if (!dialog.open) dialog.showModal();
  };

  window.addEventListener("message", (event) => {
    const dialog = $("#bq-drawer");
    if (event.origin === window.location.origin && event.data === "budgetqa-close" && dialog) dialog.close();
  });

  const copy = async (text) => {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    // Plain http inside an intranet has no clipboard API.
    const area = make("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("copy");
  };

  const questionsBefore = (answer) => {
    const all = [...document.querySelectorAll(".bq-answer[data-question]")];
    return all.slice(0, all.indexOf(answer)).map((one) => one.dataset.question);
  };

  const exportAnswer = async (answer) => {
    const scope = answer.dataset.document ? JSON.parse(answer.dataset.document) : null;
    const response = await fetch(root + "api/export", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ question: answer.dataset.question, history: questionsBefore(answer), document: scope }),
    });
    if (!response.ok) throw new Error(await failure(response));
    const link = make("a");
    link.href = URL.createObjectURL(await response.blob());
    link.download = "预算问答-" + answer.dataset.question.replace(/[\\/:*?"<>|\s]+/g, "_").slice(0, 40) + ".xlsx";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  const vote = async (answer, direction, comment) => {
    const text = [...answer.querySelectorAll(".bq-text")].map((p) => p.textContent).join("\n");
    const response = await fetch(root + "api/feedback", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ question: answer.dataset.question, text, vote: direction, comment: comment || "" }),
    });
    if (!response.ok) throw new Error(await failure(response));
  };

  const acts = {
    copy: async (answer) => { await copy($(".bq-copied", answer).textContent); say(answer, "已复制，含出处。"); },
    export: async (answer) => {
      say(answer, "正在生成 Excel……");
      await exportAnswer(answer);
      say(answer, "已导出。");
    },
    up: async (answer, button) => judge(answer, button, "up"),
    down: async (answer, button) => judge(answer, button, "down"),
  };
  const judge = async (answer, button, direction) => {
    await vote(answer, direction);
    answer.querySelectorAll(".bq-votes button").forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
    const form = $(".bq-comment", answer);
    form.hidden = false;
    form.dataset.vote = direction;
    say(answer, "谢谢，已记录。可以补充说明：");
    $("input", form).focus();
  };

  // Files: sent one by one, so that a bad one stops no other.
  const upload = async (form, files) => {
    const list = $(".bq-uploads", form);
    list.textContent = "";
    kept = [];
    for (const file of files) {
      const item = make("li");
      const bar = make("progress");
      bar.max = 100;
      bar.value = 0;
      bar.setAttribute("aria-label", file.name);
      const note = make("span", "", "等待上传");
      item.append(make("strong", "", file.name), bar, note);
      list.append(item);
      await new Promise((resolve) => send(form, file, item, bar, note, resolve));
    }
    const done = [...list.children].filter((item) => item.className !== "bq-failed");
    if (done.length) refreshDocuments(form, list);
  };
  const send = (form, file, item, bar, note, resolve) => {
    const fail = (message) => { item.className = "bq-failed"; bar.remove(); note.textContent = message; resolve(); };
    const limit = Number(form.dataset.limit);
    if (file.size > limit * 1048576) { fail("文件超过了 " + limit + " MB 的上限。"); return; }
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("file", file, file.name);
    request.open("POST", root + "api/documents");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) bar.value = (event.loaded / event.total) * 100;
      note.textContent = "正在上传";
    });
    request.upload.addEventListener("load", () => { bar.removeAttribute("value"); note.textContent = "正在读取表格和文字"; });
    request.addEventListener("error", () => fail("网络中断，请重试。"));
    request.addEventListener("load", () => {
      const reply = request.response || {};
      if (request.status !== 201) { fail((reply.error && reply.error.message) || "上传没有成功，请重试。"); return; }
      bar.remove();
      note.textContent = reply.message || "已读入";
      resolve();
    });
    request.send(body);
  };
  // The list is drawn anew by the server; what happened to each file stays readable.
  let kept = [];
  const refreshDocuments = (form, list) => {
    kept = list ? [...list.children] : [];
    const button = make("button");
    button.dataset.refresh = "1";
    button.hidden = true;
    $(".bq-documents").append(button);
    button.click();
  };

  const removeDocument = async (button) => {
    if (!window.confirm("移除“" + button.dataset.name + "”？其中的数字将不再能查到。")) return;
    button.disabled = true;
    const response = await fetch(root + "api/documents/" + encodeURIComponent(button.dataset.remove), { method: "DELETE" });
    if (response.ok) refreshDocuments();
    else { button.disabled = false; window.alert(await failure(response)); }
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.bq-source");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      openSource(link.href);
      return;
    }
    const removing = event.target.closest("[data-remove]");
    if (removing) { removeDocument(removing); return; }
    const button = event.target.closest("[data-act]");
    if (!button) return;
    if (button.dataset.act === "theme") { setTheme(!document.body.classList.contains("dark")); return; }
    if (button.dataset.act === "history") { const bar = $("#bq-sidebar .toggle-button"); if (bar) bar.click(); return; }
    const answer = button.closest(".bq-answer");
    acts[button.dataset.act](answer, button).catch((error) => say(answer, error.message || "没有成功，请重试。"));
  });
  // Lists are narrowed here: every word typed has to stand somewhere in the row.
  document.addEventListener("input", (event) => {
    const selector = event.target.dataset && event.target.dataset.filter;
    if (!selector) return;
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    document.querySelectorAll(selector).forEach((row) => {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) shown += 1;
    });
    $(".bq-nothing", event.target.closest(".bq-documents, .bq-audit")).hidden = shown > 0;
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest(".bq-comment");
    if (!form) return;
    event.preventDefault();
    const answer = form.closest(".bq-answer");
    vote(answer, form.dataset.vote, $("input", form).value)
      .then(() => { form.hidden = true; say(answer, "谢谢，意见已记录。"); })
      .catch((error) => say(answer, error.message));
  });
  document.addEventListener("change", (event) => {
    const input = event.target.closest(".bq-upload input[type=file]");
    if (input && input.files.length) { upload(input.form, [...input.files]); input.value = ""; }
  });
  ["dragover", "drop"].forEach((name) => document.addEventListener(name, (event) => {
    const form = event.target.closest && event.target.closest(".bq-upload");
    if (!form) return;
    event.preventDefault();
    if (name === "drop" && event.dataTransfer.files.length) upload(form, [...event.dataTransfer.files]);
  }));

  const setTheme = (dark) => {
    document.body.classList.toggle("dark", dark);
    try { localStorage.setItem("budgetqa-theme", dark ? "dark" : "light"); } catch (_) { /* private window */ }
  };

  // Gradio draws late: follow the newest turn, give unnamed controls a name, keep upload notes.
  const NAMES = { "Toggle Sidebar": "打开或关闭历史对话", "More tabs": "更多" };
  // The conversation is drawn anew each time, so a place of its own tells screen readers of the newest answer.
  const live = make("div", "bq-hidden");
  live.setAttribute("role", "status");
  let told = "";
  const tell = () => {
    const newest = [...document.querySelectorAll(".bq-turn")].pop();
    const answer = newest && $(".bq-answer:not(.bq-loading)", newest);
    const text = !newest ? "" : answer ? [...answer.querySelectorAll(".bq-state, .bq-text")].map((p) => p.textContent).join("。") : "正在查找";
    if (text !== told) { told = text; live.textContent = text; }
  };
  // The newest question goes to the top of the window, and again when its answer has come, unless the reader moved on.
  let turns = 0;
  let following = false;
  ["wheel", "touchmove"].forEach((name) => window.addEventListener(name, () => { following = false; }, { passive: true }));
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const follow = () => {
    const now = document.querySelectorAll(".bq-turn");
    const newest = now[now.length - 1];
    const asked = now.length > turns;
    if (asked) following = true;
    if (following && now.length > 1) newest.scrollIntoView({ block: "start", behavior: asked && !calm.matches ? "smooth" : "auto" });
    if (!newest || !$(".bq-loading", newest)) following = false;
    turns = now.length;
  };
  const tidy = () => {
    tell();
    follow();
    const list = $(".bq-uploads");
    if (list && kept.length && !list.children.length) list.append(...kept);
    document.querySelectorAll("button[aria-label]").forEach((one) => {
      const name = NAMES[one.getAttribute("aria-label")];
      if (name) one.setAttribute("aria-label", name);
    });
  };
  const begin = () => {
    document.body.append(live);
    let saved = null;
    try { saved = localStorage.getItem("budgetqa-theme"); } catch (_) { /* private window */ }
    if (saved) setTimeout(() => document.body.classList.toggle("dark", saved === "dark"), 0);
    let due = false;
    new MutationObserver(() => {
      if (due) return;
      due = true;
      requestAnimationFrame(() => { due = false; tidy(); });
    }).observe(document.documentElement, { childList: true, subtree: true });
    tidy();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();

  // Tabs by arrow keys, as people who use the keyboard expect.
  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest && event.target.closest("[role=tab]");
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!tab || !step) return;
    const all = [...tab.parentElement.querySelectorAll("[role=tab]")];
    const next = all[(all.indexOf(tab) + step + all.length) % all.length];
    event.preventDefault();
    next.focus();
    next.click();
  });
})();

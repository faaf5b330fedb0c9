/* <budgetqa-search>: a search box for intranet pages. One file, no dependency, ES2017, no eval, no inline style. */
(function () {
  "use strict";
  if (!window.customElements || customElements.get("budgetqa-search")) return;

  var script = document.currentScript;
  var HOME = script ? new URL("..", script.src).href : "/";
  var WAIT_MS = 180;
  var LIMIT = 8;

  var WORDS = {
    zh: {
      label: "查询预算数字", placeholder: "查预算：项目、部门或问题", ask: "提问", kinds: { document: "文件", project: "项目", subject: "科目", passage: "原文", agency: "部门", indicator: "指标", table: "表" },
      found: function (n) { return n ? "有 " + n + " 条建议，用上下键选择" : "没有建议，按回车提问"; },
      busy: "正在查找", source: "出处", unitless: "（未注明单位）", open: "在预算问答中打开", close: "关闭",
      clarify: "需要再确认一下", missing: "未找到", failed: "暂时无法查询，请稍后再试。", refused: "此页面没有使用预算问答的权限，请联系管理员。", many: "查询过于频繁，请稍候再试。",
      page: function (n) { return "第 " + n + " 页"; }
    },
    en: {
      label: "Search budget figures", placeholder: "Project, agency or question", ask: "Ask", kinds: { document: "Document", project: "Project", subject: "Subject", passage: "Text", agency: "Agency", indicator: "Indicator", table: "Table" },
      found: function (n) { return n ? n + " suggestions, use the arrow keys" : "No suggestions, press Enter to ask"; },
      busy: "Searching", source: "Source", unitless: "(no unit given)", open: "Open in Budget Q&A", close: "Close",
      clarify: "Please choose", missing: "Not found", failed: "Not available just now, please try again.", refused: "This page may not use Budget Q&A.", many: "Too many requests, please wait.",
      page: function (n) { return "page " + n; }
    }
  };

  var CSS = [
    ":host{display:block;position:relative;font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;",
    "--ink:var(--budgetqa-ink,#1c2733);--muted:var(--budgetqa-muted,#55626f);--ground:var(--budgetqa-background,#fff);",
    "--line:var(--budgetqa-border,#8894a1);--accent:var(--budgetqa-accent,#1f5fa8);--on:var(--budgetqa-on-accent,#fff);",
    "--soft:var(--budgetqa-hover,#eaf1f9);--round:var(--budgetqa-radius,.5rem);color:var(--ink)}",
    ":host([hidden]){display:none}",
    "@media(prefers-color-scheme:dark){:host([theme=auto]){--ink:var(--budgetqa-ink,#e6ebf0);--muted:var(--budgetqa-muted,#a5b1bd);",
    "--ground:var(--budgetqa-background,#1c232b);--line:var(--budgetqa-border,#62707e);--accent:var(--budgetqa-accent,#8abcf2);",
    "--on:var(--budgetqa-on-accent,#10161c);--soft:var(--budgetqa-hover,#22303f)}}",
    "*{box-sizing:border-box}form{display:flex;gap:.4rem;margin:0}",
    "input,button{font:inherit;border-radius:var(--round);border:1px solid var(--line);padding:.5rem .75rem;background:var(--ground);color:var(--ink)}",
    "input{flex:1;min-width:0}input::placeholder{color:var(--muted);opacity:1}",
    "button{cursor:pointer}.ask{background:var(--accent);border-color:var(--accent);color:var(--on)}",
    ":focus-visible{outline:3px solid var(--accent);outline-offset:1px}",
    ".drop{position:absolute;z-index:1000;left:0;right:0;top:calc(100% + .3rem);background:var(--ground);border:1px solid var(--line);",
    "border-radius:var(--round);box-shadow:0 .4rem 1.4rem rgba(10,20,30,.18);max-height:70vh;overflow:auto}",
    "[hidden]{display:none!important}ul{list-style:none;margin:0;padding:.25rem}",
    "li{display:flex;gap:.6rem;align-items:baseline;padding:.4rem .6rem;border-radius:.35rem;cursor:pointer;overflow-wrap:anywhere}",
    "li[aria-selected=true],li:hover{background:var(--soft)}li small{color:var(--muted)}.kind{flex:none;color:var(--muted);font-size:.85em}",
    ".card{padding:.9rem 1rem}.card p{margin:.2rem 0;overflow-wrap:anywhere}.label,.source{color:var(--muted);font-size:.9em}",
    ".figure{font-size:1.7rem;font-weight:700;font-variant-numeric:tabular-nums}.figure span{font-size:1rem}",
    ".state{font-weight:700}.options{display:flex;flex-wrap:wrap;gap:.4rem;margin:.5rem 0}.foot{display:flex;gap:1rem;align-items:center;margin-top:.6rem}",
    ".foot button{margin-left:auto;padding:.15rem .6rem}a{color:var(--accent)}",
    ".quiet{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}"
  ].join("");

  function make(tag, attributes, text) {
    var element = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) { element.setAttribute(name, attributes[name]); });
    if (text !== undefined) element.textContent = text;
    return element;
  }

  function withSeparators(value) {
    var match = /^(-?)(\d+)(\.\d+)?$/.exec(value);
    return match ? match[1] + match[2].replace(/\B(?=(\d{3})+$)/g, ",") + (match[3] || "") : value;
  }

  function editable(element) {
    return !!element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
  }

  class BudgetSearch extends HTMLElement {
    constructor() {
      super();
      this._composing = false;
      this._timer = 0;
      this._turn = 0;
      this._rows = [];
      this._active = -1;
      this._token = null;
      this._shadow = this.attachShadow({ mode: "open" });
    }

    connectedCallback() {
      if (!this._input) this._draw();
      this._shortcut = this._shortcut || this._onShortcut.bind(this);
      this._outside = this._outside || ((event) => { if (!event.composedPath().includes(this)) this._hide(); });
      document.addEventListener("keydown", this._shortcut);
      document.addEventListener("pointerdown", this._outside);
    }

    disconnectedCallback() {
      document.removeEventListener("keydown", this._shortcut);
      document.removeEventListener("pointerdown", this._outside);
      clearTimeout(this._timer);
    }

    get home() {
      var given = this.getAttribute("server");
      return given ? new URL(given.replace(/\/*$/, "/"), location.href).href : HOME;
    }

    get words() {
      var lang = this.getAttribute("lang") || document.documentElement.lang || "zh-CN";
      return /^en/i.test(lang) ? WORDS.en : WORDS.zh;
    }

    _draw() {
      var words = this.words;
      if (!this.hasAttribute("theme")) this.setAttribute("theme", "auto");
      if (this._shadow.adoptedStyleSheets && "replaceSync" in CSSStyleSheet.prototype) {
        var sheet = new CSSStyleSheet();
        sheet.replaceSync(CSS);
        this._shadow.adoptedStyleSheets = [sheet];
      } else {
        this._shadow.append(make("style", {}, CSS));
      }
      var form = make("form", { role: "search", part: "form" });
      this._input = make("input", {
        type: "text", role: "combobox", "aria-label": this.getAttribute("label") || words.label, "aria-autocomplete": "list",
        "aria-expanded": "false", "aria-controls": "list", "aria-haspopup": "listbox", autocomplete: "off", enterkeyhint: "search",
        maxlength: "500", spellcheck: "false", placeholder: this.getAttribute("placeholder") || words.placeholder, part: "input"
      });
      form.append(this._input, make("button", { type: "submit", class: "ask", part: "button" }, words.ask));
      this._list = make("ul", { id: "list", role: "listbox", "aria-label": words.label, class: "drop", part: "list", hidden: "" });
      this._card = make("div", { class: "drop card", role: "region", "aria-label": words.label, part: "answer", tabindex: "-1", hidden: "" });
      this._live = make("div", { class: "quiet", role: "status", "aria-live": "polite" });
      this._shadow.append(form, this._list, this._card, this._live);

      form.addEventListener("submit", (event) => { event.preventDefault(); if (!this._composing) this._ask(this._input.value); });
      this._input.addEventListener("compositionstart", () => { this._composing = true; clearTimeout(this._timer); });
      this._input.addEventListener("compositionend", () => { this._composing = false; this._later(); });
      // A half-typed pinyin is not a question: nothing is sent until the words are chosen.
      this._input.addEventListener("input", (event) => { if (!event.isComposing && !this._composing) this._later(); });
      this._input.addEventListener("keydown", (event) => this._onKey(event));
      this._list.addEventListener("pointerdown", (event) => event.preventDefault());
      this._list.addEventListener("click", (event) => {
        var item = event.target.closest("li");
        if (item) this._choose(Number(item.dataset.row));
      });
      this._card.addEventListener("keydown", (event) => { if (event.key === "Escape") { this._hide(); this._input.focus(); } });
    }

    _onShortcut(event) {
      var slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
      var ctrlK = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
      if (event.isComposing || event.defaultPrevented || !(slash || ctrlK)) return;
      if (slash && editable(event.composedPath()[0])) return;
      event.preventDefault();
      this._input.focus();
      this._input.select();
    }

    _onKey(event) {
      if (event.isComposing || this._composing || event.keyCode === 229) return;
      var open = !this._list.hidden;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (!open) { if (this._rows.length) this._show(); else return; }
        event.preventDefault();
        var step = event.key === "ArrowDown" ? 1 : -1;
        var count = this._rows.length + 1;
        this._mark(((this._active + 1 + step + count) % count) - 1);
      } else if (event.key === "Enter" && open && this._active >= 0) {
        event.preventDefault();
        this._choose(this._active);
      } else if (event.key === "Escape") {
        if (open || !this._card.hidden) { event.preventDefault(); this._hide(); } else this._input.value = "";
      } else if (event.key === "Tab") this._list.hidden = true;
    }

    _later() {
      clearTimeout(this._timer);
      this._timer = setTimeout(() => this._suggest(), WAIT_MS);
    }

    async _headers() {
      var headers = {};
      var site = this.getAttribute("site-key");
      var given = this.getAttribute("token");
      if (given) headers.Authorization = "Bearer " + given;
      if (!site || given) return headers;
      if (!this._token || this._token.until < Date.now()) {
        var response = await fetch(this.home + "widget/token", {
          method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ site: site }), credentials: "omit"
        });
        if (!response.ok) throw response;
        var reply = await response.json();
        this._token = { text: reply.token, until: Date.now() + (reply.expires_in - 30) * 1000 };
      }
      headers.Authorization = "Bearer " + this._token.text;
      return headers;
    }

    async _call(path, body, again) {
      var headers = await this._headers();
      var options = { headers: headers, credentials: headers.Authorization ? "omit" : "same-origin" };
      if (body) {
        headers["Content-Type"] = "application/json";
        options.method = "POST";
        options.body = JSON.stringify(body);
      }
      var response = await fetch(this.home + path, options);
      if (response.status === 401 && this._token && !again) {
        this._token = null;
        return this._call(path, body, true);
      }
      if (!response.ok) throw response;
      return response.json();
    }

    async _suggest() {
      var text = this._input.value.trim();
      var turn = ++this._turn;
      this._card.hidden = true;
      if (!text) { this._rows = []; this._hide(); return; }
      try {
        var reply = await this._call("api/search?limit=" + LIMIT + "&q=" + encodeURIComponent(text.slice(0, 200)));
        if (turn !== this._turn) return;
        this._rows = reply.results;
        this._fill();
      } catch (error) { if (turn === this._turn) this._say(this._reason(error)); }
    }

    _fill() {
      var words = this.words;
      this._list.textContent = "";
      this._rows.forEach((row, index) => {
        var item = make("li", { role: "option", id: "row" + index, "aria-selected": "false", "data-row": index });
        item.append(make("span", { class: "kind" }, words.kinds[row.kind] || ""), make("span", {}, row.title));
        if (row.snippet) item.append(make("small", {}, row.snippet));
        this._list.append(item);
      });
      if (this._rows.length) this._show(); else this._hide();
      this._say(words.found(this._rows.length));
    }

    _show() {
      this._list.hidden = false;
      this._card.hidden = true;
      this._input.setAttribute("aria-expanded", "true");
      this._mark(-1);
    }

    _hide() {
      this._list.hidden = true;
      this._card.hidden = true;
      if (this._input) this._input.setAttribute("aria-expanded", "false");
      this._mark(-1);
    }

    _mark(index) {
      this._active = index;
      Array.prototype.forEach.call(this._list.children, (item, at) => item.setAttribute("aria-selected", String(at === index)));
      if (index < 0) this._input.removeAttribute("aria-activedescendant");
      else {
        this._input.setAttribute("aria-activedescendant", "row" + index);
        this._list.children[index].scrollIntoView({ block: "nearest" });
      }
    }

    _choose(index) {
      var row = this._rows[index];
      if ((row.kind === "document" || row.kind === "passage") && row.link) {
        this._hide();
        window.open(this._inside(row.link), "_blank", "noopener");
        return;
      }
      this._input.value = row.title;
      this._ask(row.title);
    }

    // A link from data is followed only inside the service.
    _inside(link) {
      var url = new URL(link, this.home);
      return url.href.indexOf(this.home) === 0 ? url.href : this.home;
    }

    async _ask(text) {
      var question = text.trim();
      if (!question) { this._input.focus(); return; }
      clearTimeout(this._timer);
      var turn = ++this._turn;
      this._hide();
      this._say(this.words.busy);
      this._card.textContent = this.words.busy + "…";
      this._card.hidden = false;
      this._card.setAttribute("aria-busy", "true");
      try {
        var answer = await this._call("api/ask", { question: question });
        if (turn === this._turn) this._answer(answer);
      } catch (error) {
        if (turn !== this._turn) return;
        this._card.textContent = "";
        this._card.append(make("p", { role: "alert" }, this._reason(error)));
        this._foot(question);
      }
      this._card.removeAttribute("aria-busy");
    }

    _answer(answer) {
      var words = this.words;
      var card = this._card;
      var first = answer.status === "answered" && answer.values[0];
      card.textContent = "";
      if (answer.status !== "answered") card.append(make("p", { class: "state" }, answer.status === "clarify" ? words.clarify : words.missing));
      if (first && first.value !== null) {
        card.append(make("p", { class: "label" }, first.label));
        var figure = make("p", { class: "figure", part: "figure" }, (first.comparison || "") + withSeparators(first.value) + " ");
        figure.append(make("span", {}, first.unit || words.unitless));
        card.append(figure);
      }
      card.append(make("p", {}, answer.text));
      answer.notes.slice(0, 3).forEach((note) => card.append(make("p", { class: "label" }, note)));
      if (answer.options.length) {
        var options = make("div", { class: "options" });
        answer.options.forEach((option) => {
          var button = make("button", { type: "button" }, option);
          button.addEventListener("click", () => { this._input.value = option; this._ask(option); });
          options.append(button);
        });
        card.append(options);
      }
      if (answer.citations.length) card.append(this._source(answer.citations[(first && first.citations[0]) || 0]));
      this._foot(answer.question);
      this._say(answer.text);
      this.dispatchEvent(new CustomEvent("budgetqa-answer", { detail: answer, bubbles: true, composed: true }));
    }

    _source(citation) {
      var words = this.words;
      var at = [citation.row, citation.column].filter(Boolean).join(" × ");
      var parts = [citation.title || citation.file, citation.table, at || citation.quote, citation.page && words.page(citation.page)];
      var quote = "?quote=" + encodeURIComponent((citation.quote || "").slice(0, 1000));
      var inCell = citation.cell_row !== null && citation.cell_row !== undefined;
      var link = citation.table_id
        ? "source/table/" + encodeURIComponent(citation.table_id) + (inCell ? "?cell=" + citation.cell_row + "," + citation.cell_col : quote)
        : "source/document/" + encodeURIComponent(citation.document_id) + quote;
      var line = make("p", { class: "source" }, words.source + "：");
      line.append(make("a", { href: this._inside(link), target: "_blank", rel: "noopener" }, parts.filter(Boolean).join(" › ")));
      return line;
    }

    _foot(question) {
      var words = this.words;
      var foot = make("div", { class: "foot" });
      var close = make("button", { type: "button" }, words.close);
      close.addEventListener("click", () => { this._hide(); this._input.focus(); });
      foot.append(make("a", { href: this.home + "?q=" + encodeURIComponent(question), target: "_blank", rel: "noopener", part: "open" }, words.open), close);
      this._card.append(foot);
    }

    _reason(error) {
      var status = error && error.status;
      if (status === 401 || status === 403) return this.words.refused;
      return status === 429 ? this.words.many : this.words.failed;
    }

    _say(text) { this._live.textContent = text; }
  }

  customElements.define("budgetqa-search", BudgetSearch);
})();

// The table of a review: draws the rows that Python sends, and tells it what is done with them.
// Every text is set by textContent: nothing that a model wrote becomes markup.

const HEIGHT = 30; // pixels of a row, as in table.css
const SPARE = 8; // rows above and below what is seen
const WIDTHS = {
  pick: "28px", number: "62px", state: "88px", instruction: "minmax(110px, 4fr)",
  faults: "minmax(60px, 1fr)", length: "64px", technique: "110px", source: "110px",
};
const WIDE = ["faults", "technique", "source"]; // left out on a narrow page
const DECIDE = "ar120us"; // one press, one decision: a key that is held down is no second one
const MOVES = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

function made(tag, role, kind) {
  const node = document.createElement(tag);
  if (role) node.setAttribute("role", role);
  if (kind) node.className = kind;
  return node;
}

function render({ model, el }) {
  const labels = model.get("labels");
  const table = made("div", "grid", "sds-table");
  table.tabIndex = 0;
  table.setAttribute("aria-label", labels.table);
  table.setAttribute("aria-multiselectable", "true");
  const headGroup = made("div", "rowgroup", "sds-head");
  const head = made("div", "row", "sds-tr");
  headGroup.append(head);
  const body = made("div", "rowgroup", "sds-rows");
  table.append(headGroup, body);
  el.append(table);
  const name = `sds-${Math.random().toString(36).slice(2)}`;
  let columns = [];
  let asked = "";
  let shownAt = null;

  const narrow = window.matchMedia("(max-width: 640px)");
  const wide = (column) => (WIDE.includes(column) ? " sds-wide" : "");

  function fit() {
    const seen = columns.filter((column) => !(narrow.matches && WIDE.includes(column)));
    table.style.setProperty("--columns", seen.map((column) => WIDTHS[column]).join(" "));
  }

  function drawHead(view) {
    columns = ["pick", ...view.columns];
    head.replaceChildren(...columns.map((column) => {
      const cell = made("div", "columnheader", `sds-td${wide(column)}`);
      if (column === "pick") {
        cell.setAttribute("aria-label", labels.select);
        return cell;
      }
      const button = made("button");
      const arrow = view.by === column ? (view.down ? " ↓" : " ↑") : "";
      button.textContent = labels[column] + arrow;
      button.title = labels[column];
      button.dataset.by = column;
      button.onclick = () => model.send({ do: "sort", by: column });
      cell.setAttribute("aria-sort",
        arrow ? (view.down ? "descending" : "ascending") : "none");
      cell.append(button);
      return cell;
    }));
    fit();
  }

  function drawRow(row, at, view) {
    const line = made("div", "row", "sds-tr");
    line.id = `${name}-${at}`;
    line.style.top = `${at * HEIGHT}px`;
    line.dataset.at = at;
    line.setAttribute("aria-rowindex", at + 2);
    line.setAttribute("aria-selected", row.selected);
    line.classList.toggle("sds-chosen", at === view.at);
    line.classList.toggle("sds-picked", row.selected);
    for (const column of columns) {
      const number = column === "length" || column === "number" ? " sds-n" : "";
      const cell = made("div", "gridcell", `sds-td${wide(column)}${number}`);
      if (column === "pick") {
        const box = made("input");
        box.type = "checkbox";
        box.tabIndex = -1;
        box.checked = row.selected;
        box.setAttribute("aria-label", `${labels.select} ${row.number}`);
        cell.append(box);
      } else {
        cell.textContent = row[column];
        cell.title = row[column];
      }
      line.append(cell);
    }
    return line;
  }

  function draw() {
    const view = model.get("view");
    if (!view.columns) return;
    const within = head.contains(document.activeElement) && document.activeElement.dataset.by;
    drawHead(view);
    if (within) head.querySelector(`[data-by="${within}"]`)?.focus();
    table.setAttribute("aria-rowcount", view.total + 1);
    body.style.height = `${view.total * HEIGHT}px`;
    body.replaceChildren(...view.rows.map((row, i) => drawRow(row, view.first + i, view)));
    const chosen = document.getElementById(`${name}-${view.at}`);
    if (chosen) table.setAttribute("aria-activedescendant", chosen.id);
    else table.removeAttribute("aria-activedescendant");
    if (view.at !== shownAt && view.at >= 0) {
      shownAt = view.at;
      const top = view.at * HEIGHT;
      const room = table.clientHeight - 2 * HEIGHT;
      if (room > 0 && top < table.scrollTop) table.scrollTop = top;
      else if (room > 0 && top > table.scrollTop + room) table.scrollTop = top - room;
    }
    ask();
  }

  function ask() {
    const view = model.get("view");
    const first = Math.max(0, Math.floor(table.scrollTop / HEIGHT) - SPARE);
    const count = Math.ceil((table.clientHeight || 420) / HEIGHT) + 2 * SPARE;
    const last = Math.min(first + SPARE + Math.ceil(table.clientHeight / HEIGHT), view.total);
    const there = first + SPARE >= view.first || first >= view.first;
    if (there && last <= view.first + view.rows.length) return;
    const wanted = `${first} ${count} ${view.total}`;
    if (wanted === asked) return;
    asked = wanted;
    model.send({ do: "window", first, count });
  }

  function onClick(event) {
    const line = event.target.closest(".sds-rows .sds-tr");
    if (!line) return;
    const at = Number(line.dataset.at);
    if (event.target.type === "checkbox") model.send({ do: "toggle", at });
    else model.send({ do: "go", at, extend: event.shiftKey });
    table.focus({ preventScroll: true });
  }

  // Keys work wherever one is in the step, but for fields that one types into.
  function onKey(event) {
    const target = event.target;
    const types = target.matches("textarea, select, input:not([type=checkbox])");
    if (types) {
      if (event.key === "Escape" && target.matches("textarea")) table.focus();
      return;
    }
    const view = model.get("view");
    const inTable = table.contains(target);
    const page = Math.max(1, Math.floor(table.clientHeight / HEIGHT) - 2);
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if ((event.ctrlKey || event.metaKey) && key === "a" && inTable) {
      model.send({ do: "all" });
    } else if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    } else if (key in MOVES && (inTable || key.length === 1)) {
      model.send({ do: "go", at: view.at + MOVES[key], extend: event.shiftKey });
    } else if (inTable && { PageDown: 1, PageUp: 1, Home: 1, End: 1 }[key]) {
      const at = { PageDown: view.at + page, PageUp: view.at - page, Home: 0, End: view.total }[key];
      model.send({ do: "go", at, extend: event.shiftKey });
    } else if (inTable && !target.matches("button") && (key === " " || key === "x")) {
      model.send({ do: "toggle", at: view.at });
    } else if (key === "e") {
      const boxes = [...step().querySelectorAll(".sds-text textarea")];
      const seen = boxes.filter((box) => box.offsetParent);
      (seen[1] || seen[0])?.focus();
    } else if (DECIDE.includes(key)) {
      if (!event.repeat) model.send({ do: "key", key, number: view.number });
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  let listening = null;
  const step = () => el.closest(".sds-review") || el;
  function listen() {
    // The step is above the table only once the page has put it there.
    if (listening || !el.isConnected) return;
    listening = step();
    listening.addEventListener("keydown", onKey, true); // text areas let no key pass
    draw();
  }
  const seen = new ResizeObserver(() => { listen(); ask(); });
  seen.observe(table);
  requestAnimationFrame(listen);
  table.addEventListener("scroll", () => requestAnimationFrame(ask));
  table.addEventListener("click", onClick);
  narrow.addEventListener("change", fit);
  model.on("change:view", draw);
  draw();
  return () => {
    seen.disconnect();
    narrow.removeEventListener("change", fit);
    model.off("change:view", draw);
    listening?.removeEventListener("keydown", onKey, true);
  };
}

export default { render };

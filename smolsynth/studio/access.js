// Language, groups, the current step, messages and progress of the app, said so that a screen
// reader says them, too. JupyterLab's shortcuts are silent within: "x" would cut the cell.

const LANG = { en: "en", zh: "zh-CN" };

function set(node, name, value) {
  // Only what is new: the observer below would run for ever.
  if (node && node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

function named(group, label, role) {
  if (!label) return;
  label.id ||= `sds-${Math.random().toString(36).slice(2)}`;
  set(group, "role", role);
  set(group, "aria-labelledby", label.id);
}

function render({ model, el }) {
  let root = null;
  let waiting = false;
  let later = 0;

  function apply() {
    waiting = false;
    set(root, "lang", LANG[model.get("lang")]);
    const steps = root.querySelector(".sds-steps");
    set(steps, "role", "navigation");
    set(steps, "aria-label", model.get("steps"));
    for (const button of steps?.querySelectorAll("button") ?? []) {
      if (button.classList.contains("sds-here")) set(button, "aria-current", "step");
      else button.removeAttribute("aria-current");
    }
    for (const node of root.querySelectorAll(".sds-live")) set(node, "aria-live", "polite");
    for (const node of root.querySelectorAll(".sds-problem")) {
      // What a text area holds is no text to a live region: so a twin holds it, unseen.
      let twin = node.querySelector(":scope > .sds-unseen");
      if (!twin) {
        twin = document.createElement("p");
        twin.className = "sds-unseen";
        twin.setAttribute("role", "alert");
        node.append(twin);
      }
      const box = node.querySelector("textarea");
      const said = node.offsetParent && box ? box.value : "";
      if (twin.textContent !== said) twin.textContent = said;
    }
    for (const node of root.querySelectorAll(".widget-radio")) {
      named(node, node.querySelector(":scope > label"), "radiogroup");
    }
    for (const node of root.querySelectorAll(".sds-topics")) {
      named(node, node.previousElementSibling?.querySelector("p.sds-label"), "group");
    }
    for (const node of root.querySelectorAll(".sds-votes")) {
      named(node, node.nextElementSibling?.querySelector("p"), "group");
    }
    for (const node of root.querySelectorAll(".sds-panel")) {
      const toggle = node.previousElementSibling;
      named(node, toggle, "group");
      set(toggle, "aria-expanded", node.offsetParent !== null);
    }
    for (const bar of root.querySelectorAll(".widget-hprogress .progress")) {
      const done = parseFloat(bar.querySelector(".progress-bar")?.style.width || 0);
      set(bar, "role", "progressbar");
      set(bar, "aria-valuenow", Math.round(done));
      set(bar, "aria-label", root.querySelector(".sds-here")?.textContent ?? "");
    }
  }

  const observer = new MutationObserver(() => {
    if (!waiting) requestAnimationFrame(apply);
    waiting = true;
  });

  // Keys alone stay in the app: JupyterLab would take "b" or "x" for a command about cells.
  const keep = (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  };

  function begin() {
    root = el.closest(".sds");
    if (!root) { // JupyterLab makes it before it puts it into the page
      later = setTimeout(begin, 100);
      return;
    }
    if (document.body.dataset.voila) alone(); // a page of its own
    root.addEventListener("keydown", keep);
    apply();
    observer.observe(root, {
      subtree: true, childList: true, attributes: true, attributeFilter: ["class", "style"],
    });
  }

  function alone() {
    document.documentElement.lang = LANG[model.get("lang")];
    document.title = model.get("title");
    set(document.querySelector("#rendered_cells"), "role", "main");
  }

  requestAnimationFrame(begin);
  return () => {
    clearTimeout(later);
    root?.removeEventListener("keydown", keep);
    observer.disconnect();
  };
}

export default { render };

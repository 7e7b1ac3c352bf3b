// The kiosk: the player alone, over everything, in a loop. Who has touched it and gone is forgotten after a while;
// every hour it begins anew, once the server answers, for pages that stay open for days grow; a failure shows a still
// picture and tries again. Esc leaves.

async function loadAgain(health) {
  try {
    const answer = await fetch(new URL(health, document.baseURI), { cache: "no-store" });
    if (answer.ok) window.location.reload();
  } catch { /* the server is away: what is shown stays */ }
}

function overAll(parent, className) {
  const dialog = make("dialog", parent, className);
  dialog.setAttribute("aria-label", "Demonstration");
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); withoutKiosk(); });
  return dialog;
}

class Kiosk {
  constructor(player, asked) {
    Object.assign(this, { player, asked, touched: false, due: false, host: player.root.parentNode });
    this.dialog = overAll(this.host, "kiosk");
    this.dialog.append(player.root);
    player.at(".head").hidden = false;
    setText(player.at(".head .title"), asked.title);
    const under = player.at(".head .under");
    under.replaceChildren(...asked.caveats.map((words) => make("span", null, "caveat", words)), asked.under);
    for (const kind of ["pointerdown", "keydown", "wheel"]) {
      this.dialog.addEventListener(kind, () => this.touch(), { passive: true, capture: true });
    }
    this.again = setInterval(() => this.anew(), asked.reloadS * 1000);
    this.dialog.showModal();
    player.focus();
    this.stayAwake();
  }

  touch() {
    this.touched = true;
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.forget(), this.asked.idleS * 1000);
  }

  forget() {
    this.touched = false;
    this.player.begin();
    if (this.due) loadAgain(this.asked.health);
  }

  anew() {
    this.due = true;
    if (!this.touched) loadAgain(this.asked.health);
  }

  // Where the browser allows it, the screen is not switched off.
  async stayAwake() {
    try { this.lock = await navigator.wakeLock?.request("screen"); } catch { /* then it may be */ }
  }

  end() {
    clearInterval(this.again);
    clearTimeout(this.idle);
    this.lock?.release();
    this.host.append(this.player.root);
    this.dialog.remove();
  }
}

// The still picture, in a kiosk that has nothing to play or has failed; it tries again until it has.
function standStill(parent, asked) {
  parent.querySelector("dialog.still")?.remove();
  const dialog = overAll(parent, "kiosk still"), picture = make("img", dialog);
  picture.src = asked.picture;
  picture.alt = "Stillroom";
  make("p", dialog, "", asked.soon);
  dialog.showModal();
  const timer = setInterval(() => loadAgain(asked.health), asked.againS * 1000);
  return () => { clearInterval(timer); dialog.remove(); };
}

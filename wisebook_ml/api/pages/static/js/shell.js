// What every page has: the menu of narrow screens.
document.documentElement.classList.add("scripted");

const button = document.querySelector(".menu-button");
const menu = document.getElementById("menu");

function open(yes) {
  menu.classList.toggle("open", yes);
  button.setAttribute("aria-expanded", String(yes));
}

button.addEventListener("click", () => open(!menu.classList.contains("open")));
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu.classList.contains("open")) {
    open(false);
    button.focus();
  }
});

// A page that the back button brings back may be of a session that has ended meanwhile.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

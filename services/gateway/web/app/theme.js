// Sets the theme before the first paint: the chosen one, or the system's, which may change. A classic script, so that it
// runs at once.
{
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try {
    chosen = localStorage.getItem("tms.theme");
  } catch {
    // No storage: the system's theme.
  }
  const show = () => {
    const name = chosen === "light" || chosen === "dark" ? chosen : system.matches ? "dark" : "light";
    document.documentElement.dataset.theme = name;
  };
  system.addEventListener("change", show);
  document.addEventListener("themechosen", ({ detail }) => {
    chosen = detail;
    show();
  });
  show();
}

// Sets the chosen theme before the first paint. A classic script, so that it runs at once.
try {
  const theme = localStorage.getItem("tms.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system's theme.
}

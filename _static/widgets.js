// ipywidgets' script, 1.9 MB with its fonts, is loaded when a widget comes near the screen, and not before.
{
  const source = new URL("../vendor/ipywidgets/embed.js", document.currentScript.src);
  const load = () => {
    // The script waits for the page's event "load", which is over: what it hangs there is done at once.
    const listen = window.addEventListener;
    window.addEventListener = (kind, act, ...more) => kind === "load" ? act() : listen.call(window, kind, act, ...more);
    const script = Object.assign(document.createElement("script"), { src: source });
    script.onload = script.onerror = () => { window.addEventListener = listen; };
    document.head.append(script);
  };
  addEventListener("load", () => {
    const near = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      near.disconnect();
      load();
    }, { rootMargin: "600px" });
    for (const view of document.querySelectorAll('script[type="application/vnd.jupyter.widget-view+json"]'))
      near.observe(view.parentElement);
  });
}

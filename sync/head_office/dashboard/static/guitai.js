// Draws the charts of the page. Figures come from data attributes; without this script the tables say the same.
"use strict";

(() => {
  const charts = new Map();
  const group = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

  const options = (element) => {
    const found = JSON.parse(element.dataset.chart);
    return {
      animation: false,
      aria: {
        enabled: true,
        decal: { show: true },
        label: { description: `${element.dataset.summary} ${found.hours.map((hour, i) => `${hour}: ${found.net_text[i]}`).join("; ")}` },
      },
      grid: { left: 8, right: 8, top: 16, bottom: 4, containLabel: true },
      // Rich text is drawn on the canvas: the HTML form of a tooltip needs inline styles, which our policy refuses.
      tooltip: {
        trigger: "axis",
        renderMode: "richText",
        axisPointer: { type: "shadow" },
        formatter: ([bar]) => `${bar.name}:00\n${element.dataset.net} ${group.format(bar.value)}\n${element.dataset.transactions} ${found.transactions[bar.dataIndex]}`,
      },
      xAxis: { type: "category", data: found.hours, axisTick: { alignWithLabel: true } },
      yAxis: { type: "value", axisLabel: { formatter: (value) => value.toLocaleString("en") } },
      series: [{ type: "bar", name: element.dataset.net, data: found.net, itemStyle: { color: "#0f4c81" }, barMaxWidth: 48 }],
    };
  };

  const draw = () => {
    for (const [element, chart] of charts) {
      if (!element.isConnected) {
        chart.dispose();
        charts.delete(element);
      }
    }
    for (const element of document.querySelectorAll("[data-chart]")) {
      if (!charts.has(element)) {
        const chart = echarts.init(element, null, { renderer: "canvas" });
        chart.setOption(options(element));
        charts.set(element, chart);
      }
    }
    document.documentElement.dataset.charts = String(charts.size);
  };

  document.documentElement.classList.add("scripted");
  document.addEventListener("DOMContentLoaded", draw);
  document.addEventListener("htmx:afterSettle", draw);
  // A refresh must not take a form out of somebody's hands.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const element = event.target;
    if (element.id === "status" && element.querySelector("details[open]")) {
      event.preventDefault();
    }
  });
  window.addEventListener("resize", () => charts.forEach((chart) => chart.resize()));
})();

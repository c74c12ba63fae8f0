// A review by keyboard: digits pick answers, Enter keeps them and goes on, s puts the trace aside, arrows move through the queue.
import { onKeys } from "./keys.js";

const form = document.querySelector("form.asked");
const pick = (key) => {
  const choice = form?.querySelector(`[data-key="${key}"]`);
  if (!choice) return false;
  choice.click();
  choice.focus();
};
const follow = (id) => {
  const link = document.getElementById(id);
  if (!link) return false;
  location.assign(link.href);
};
const press = (action) => {
  const button = form?.querySelector(`button[value="${action}"]`);
  if (!button) return false;
  form.requestSubmit(button);
};

onKeys({
  ...Object.fromEntries([..."123456789"].map((key) => [key, () => pick(key)])),
  Enter: () => press("done"),
  s: () => press("aside"),
  ArrowLeft: () => follow("previous"),
  ArrowRight: () => follow("following"),
  Escape: () => location.assign("/queues"),
});

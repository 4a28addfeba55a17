// Who follows a link from elsewhere, such as a mail, comes without the cookie, since it is SameSite=Strict. A request
// of this page has it: who is signed in already goes on.
const target = document.querySelector("input[name=vers]").value;
const answer = await fetch("/api/ml/societes/", { headers: { Accept: "application/json" } }).catch(() => null);
if (answer?.ok) location.replace(target + location.hash);

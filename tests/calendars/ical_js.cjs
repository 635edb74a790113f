// Reads calendars with ical.js, as Thunderbird and Nextcloud do: a JSON list of texts in, what was found in each out.
const ICAL = require(process.argv[2]);

const moment = (time) => time.toJSDate().toISOString();

function read(text) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  for (const zone of calendar.getAllSubcomponents("vtimezone")) {
    ICAL.TimezoneService.register(zone);
  }
  return calendar.getAllSubcomponents("vevent").map((event) => ({
    uid: event.getFirstPropertyValue("uid"),
    start: moment(event.getFirstPropertyValue("dtstart")),
    end: moment(event.getFirstPropertyValue("dtend")),
    summary: event.getFirstPropertyValue("summary"),
    status: event.getFirstPropertyValue("status"),
    location: event.getFirstPropertyValue("location") || "",
    description: event.getFirstPropertyValue("description") || "",
    sequence: event.getFirstPropertyValue("sequence"),
  }));
}

let input = "";
process.stdin.on("data", (part) => (input += part));
process.stdin.on("end", () => process.stdout.write(JSON.stringify(JSON.parse(input).map(read))));

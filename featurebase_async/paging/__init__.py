"""Lists of the API: pagers, pages, the page that is fetched ahead, and several lists at once."""

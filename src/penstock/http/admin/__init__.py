"""Administration: one file per resource; every route needs the admin key."""

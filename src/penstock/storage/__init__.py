"""The only room that speaks SQL: one file per aggregate, one typed function per query.

Queries take a connection (`Database.read`, `Database.write`) and block; an event loop calls them in
a thread. What a request writes goes through `writer.Writer`, in groups. `opening.open_storage` is the
way in: migrations, the lease of this process, recovery of the dead, then the writer.
"""

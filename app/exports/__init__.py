"""Exports (导出): the rows of a list, or the payments of some days, as a file.

`asking` stores what is wanted with its job. A worker (`work`) starts a process for it (`process`), so that neither
its event loop nor the server's is held up. That process

- reads in one REPEATABLE READ, READ ONLY transaction: count, sums and rows are of one moment, whatever is settled
  meanwhile, so the second sheet always adds up. Pages in transactions of their own could show a settlement twice or
  never. Such a transaction locks nobody out; for its seconds it only keeps old row versions from being cleaned up;
- reads by a server-side cursor in small batches and writes each to a local file at once: memory stays flat;
- tells its progress on a second connection, at most a few times a second;
- puts the file into PostgreSQL in pieces: any server of several can serve it, it is in the backup's scope and needs
  neither a shared disk nor another service. The pieces go when the file's time is over (`work.sweep`).

Each attempt has a number. Whoever writes says it, and one that was overtaken writes nothing; a dead worker's export is
begun again by another when its lease has ended. The process ends with its worker, for it reads from it.
"""

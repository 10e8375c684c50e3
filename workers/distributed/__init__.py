# SPDX-License-Identifier: Apache-2.0
"""Training and backfill on Ray: the only room that imports it, and only when somebody asks for more workers
(the extra `ray`). The protocol is the engine's (`engine.training.distributed`); this carries it.

    cluster   the Ray that is used: one of this machine, or an address
    trainer   `freshet train --workers N`: starts a group of workers, shows and saves what it finds
    member    what each worker of the group runs
    mailbox   messages from worker to worker
    desk      who is there, and the news of the run for whoever started it
    backfill  `freshet apply --ray`: shards of files over Ray Data
"""

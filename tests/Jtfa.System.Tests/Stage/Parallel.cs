// Silos of a cluster have ports of their own: one program after another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

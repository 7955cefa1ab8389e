// Each test is several processes at work: at the same time they would measure each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

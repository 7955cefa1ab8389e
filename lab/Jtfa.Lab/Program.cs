using Jtfa.Lab.Commands;
using Jtfa.Testbed;

return await CommandLine.RunAsync(
    args,
    [
        BenchCommand.Create(),
        RecordCommand.Create(),
        ReplayTraceCommand.Create(),
        RelayCommand.Create(),
        ExperimentCommand.Create(),
        VectorCameraCommand.Create(),
    ],
    exception => exception is TestbedException);

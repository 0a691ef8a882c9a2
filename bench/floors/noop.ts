// Nothing, compiled: what Node itself takes to start a program.
process.exitCode = 0;

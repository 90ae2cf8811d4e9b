<?php
use function Highper\Test\{big, outcome};
register_shutdown_function(function () { echo "shutdown\n"; });
echo strlen(big(1000)), "\n";
echo outcome(fn () => big(100_000_000)), "\n";
echo outcome(function () { for ($a = []; ; ) { $a[] = big(10_000); } }), "\n";
echo outcome(fn () => strlen(big(1000))), "\n";
echo strlen(big(100_000_000)), "\n";
echo "not reached\n";

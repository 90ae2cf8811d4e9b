<?php
register_shutdown_function(function () { echo "shutdown ", error_get_last()['message'], "\n"; });
ini_set('display_errors', '0');
Highper\Test\pass(fn () => Highper\Test\fail('fatal'));
echo "not reached\n";


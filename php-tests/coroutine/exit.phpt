--TEST--
exit() in a coroutine is an exception that can be caught
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
function deep() { exit('deep'); }
Co\run(function () {
    foreach ([fn () => exit(7), fn () => exit('text'), fn () => die(), 'deep', fn () => array_map(fn ($x) => exit($x), [3])] as $f) {
        try {
            try { $f(); } finally { echo "finally "; }
            echo "not reached\n";
        } catch (Swoole\ExitException $e) {
            echo json_encode([$e->getStatus(), $e->getFlags() === SWOOLE_EXIT_IN_COROUTINE, $e->getMessage()]), "\n";
        }
    }
});
echo "after run\n";
register_shutdown_function(fn () => print("shutdown\n"));
try { exit("exit outside\n"); } finally { echo "not reached\n"; }
--EXPECTF--
finally [7,true,"swoole exit"]
finally ["text",true,"swoole exit"]
finally [%r(?:null|0)%r,true,"swoole exit"]
finally ["deep",true,"swoole exit"]
finally [3,true,"swoole exit"]
after run
exit outside
shutdown

--TEST--
An uncaught exception is reported and ends only its own coroutine
--EXTENSIONS--
highper
--FILE--
<?php
use Swoole\Coroutine as Co;
Co\run(function () {
    go(function () { throw new RuntimeException('at once'); });
    go(function () { Co::sleep(0.010); throw new Error('later'); });
    go(function () { Co::sleep(0.060); echo "other lives\n"; });
    for ($i = 0; $i < 3; $i++) { Co::sleep(0.040); echo "main $i\n"; }
});
Co\run(function () {
    set_exception_handler(function ($e) { echo 'handler: ', $e->getMessage(), "\n"; });
    throw new Exception('to the handler');
});
echo "end\n";
--EXPECTF--
Fatal error: Uncaught RuntimeException: at once in %s
Stack trace:
#0 [internal function]: {closure%S}()
#1 {main}
  thrown in %s on line 4

Fatal error: Uncaught Error: later in %s
Stack trace:
#0 [internal function]: {closure%S}()
#1 {main}
  thrown in %s on line 5
main 0
other lives
main 1
main 2
handler: to the handler
end

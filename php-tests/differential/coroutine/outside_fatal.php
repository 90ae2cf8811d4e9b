<?php
// sleep() outside of any coroutine.

echo "before\n";
var_dump(Swoole\Coroutine::sleep(0.001));
echo "after\n";

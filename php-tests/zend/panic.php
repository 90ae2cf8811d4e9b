<?php
fclose(STDERR); // where the panic is reported
try { Highper\Test\fail('panic'); } catch (Error $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
echo "alive\n";


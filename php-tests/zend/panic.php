<?php
fclose(STDERR);
try { Highper\Test\fail('panic'); } catch (Error $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
echo "alive\n";


// Qt's keywords, as without QT_NO_KEYWORDS.
#pragma once

#define signals public
#define slots
#define emit
#define foreach(element, range) for (element : range)
#define forever for (;;)
